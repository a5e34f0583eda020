import { field, layout, NEEDS_SCRIPT, type PageFacts, PROBLEM } from "./layout.ts"

export interface LoginFacts extends PageFacts {
  /** The request carries a session cookie, so it is worth asking who it belongs to. */
  readonly cookie: boolean
}

/** Signs in, then shows who is signed in. */
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
<label class="show"><input type="checkbox" id="show"> Show password</label>
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
<button type="button" id="logout" class="quiet">Log out</button>
</section>`,
  )
}
