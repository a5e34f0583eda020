import { codePart, passkeyPart } from "./factor-form.ts"
import {
  FACTOR_SCRIPT_PATH,
  field,
  layout,
  NEEDS_SCRIPT,
  type PageFacts,
  PROBLEM,
  problemBox,
  SCRIPT_PATH,
  SIGN_IN_SCRIPT_PATH,
} from "./layout.ts"

export interface LoginFacts extends PageFacts {
  /** The request carries a session cookie, so it is worth asking who it belongs to. */
  readonly cookie: boolean
}

/** What may stand between the password and being signed in: a second factor, and a new password where one is due. */
const STEPS = `<section id="factor" hidden>
<h1 id="factor-title" tabindex="-1">Show your second factor</h1>
<p class="lead">The password is right. Now show that it is you.</p>
${problemBox("factor-problem")}
<form id="factor-form" method="post" action="/api/auth/factor" novalidate>
${passkeyPart}
${codePart("factor-code")}
</form>
<button type="button" id="start-over" class="quiet">Start over</button>
<p class="hint after">No device at hand and no recovery code left? An admin can reset your second factors.</p>
</section>
<section id="change" hidden>
<h1 id="change-title" tabindex="-1">Choose a new password</h1>
<p class="lead">Somebody else knows the one you have. Until it is changed you can do nothing else.</p>
${problemBox("change-problem")}
<form id="change-form" method="post" action="/api/me/password" novalidate>
${field({ id: "current", label: "Current password", type: "password", autocomplete: "current-password" })}
${field({ id: "next", label: "New password", type: "password", autocomplete: "new-password", hint: "15 to 128 characters. Several words do well." })}
${field({ id: "next-again", label: "New password again", type: "password", autocomplete: "new-password" })}
<label class="show"><input type="checkbox" id="show-change" data-shows="current next next-again"> Show passwords</label>
<button type="submit" disabled>Change the password</button>
</form>
</section>`

/** Signs in, then shows who is signed in, or goes on to the page that sent here. */
export function loginPage(facts: LoginFacts): string {
  return layout(
    "Sign in",
    facts,
    `<section id="out"${facts.cookie ? " hidden" : ""}>
<h1>Sign in</h1>
<p class="notice" id="notice" role="status"></p>
${NEEDS_SCRIPT}
${PROBLEM}
<form id="login" method="post" action="/api/auth/login" novalidate>
${field({ id: "username", label: "User name", type: "text", autocomplete: "username" })}
${field({ id: "password", label: "Password", type: "password", autocomplete: "current-password" })}
<label class="show"><input type="checkbox" id="show" data-shows="password"> Show password</label>
<button type="submit" disabled>Sign in</button>
</form>
<div id="providers" class="providers" hidden></div>
</section>
<section id="in" hidden>
<h1 id="in-title" tabindex="-1">Signed in</h1>
<dl>
<div><dt>User</dt><dd id="me-name"></dd></div>
<div><dt>Roles</dt><dd id="me-roles"></dd></div>
</dl>
<p class="lead">Secrets are read and written with the <code>tyler</code> command or the HTTP API.</p>
<ul class="ways">
<li><a href="/factors">Second factors</a></li>
<li><a href="/approve">Waiting for your decision</a></li>
</ul>
<button type="button" id="logout" class="quiet">Log out</button>
</section>
${STEPS}`,
    "form",
    [FACTOR_SCRIPT_PATH, SIGN_IN_SCRIPT_PATH, SCRIPT_PATH],
  )
}
