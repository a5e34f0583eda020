import { codePart, passkeyPart } from "./factor-form.ts"
import {
  FACTOR_SCRIPT_PATH,
  FACTORS_SCRIPT_PATH,
  field,
  layout,
  LINKS_SCRIPT_PATH,
  NEEDS_SCRIPT,
  type PageFacts,
  PROBLEM,
  problemBox,
  QR_SCRIPT_PATH,
  SCRIPT_PATH,
} from "./layout.ts"

const CANCEL = `<button type="button" class="quiet" data-close>Cancel</button>`
const NAME_HINT = "So that you know it again, for example: work laptop."

/** A dialog of the browser's own: it keeps the focus inside and closes with Escape. */
function dialog(id: string, title: string, body: string): string {
  return `<dialog id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title" tabindex="-1">${title}</h2>
${problemBox(`${id}-problem`)}
${body}
</dialog>`
}

const PROVE = dialog(
  "prove",
  "Confirm that it is you",
  `<p class="lead" id="prove-text"></p>
<form id="prove-form" method="post" action="/api/auth/verify" novalidate>
${passkeyPart}
${codePart("prove-code")}
</form>
${CANCEL}`,
)

/** The password stands in for the first factor's proof. */
function ownPassword(id: string): string {
  return `<div data-first hidden>
${field({ id, label: "Password", type: "password", autocomplete: "current-password", hint: "Asked for as long as you have no second factor. If you have no password here, leave it empty." })}
</div>`
}

const PASSKEY = dialog(
  "passkey",
  "Add a passkey",
  `<p class="lead">Your device, its browser or a security key keeps it, and asks for your finger, face or PIN each time.</p>
<form id="passkey-form" method="post" action="/api/me/factors/passkey" novalidate>
${field({ id: "passkey-name", label: "Name", type: "text", autocomplete: "off", hint: NAME_HINT })}
${ownPassword("passkey-password")}
<button type="submit" disabled>Create the passkey</button>
</form>
${CANCEL}`,
)

const APP = dialog(
  "app",
  "Add an app",
  `<ol class="steps">
<li>Scan this with an authenticator app.
<div class="qr" id="qr"></div>
<p class="hint">It cannot scan? Type this in, as a time-based code:</p>
<p class="secret"><code id="app-secret"></code></p>
<button type="button" class="quiet small" id="app-copy">Copy</button>
<p class="hint" id="app-link-line">Is the app on this device? <a id="app-link">Open it there</a>.</p></li>
<li>Enter the code that it shows now.
<form id="app-form" method="post" action="/api/me/factors/totp" novalidate>
${field({ id: "app-code", label: "Code", type: "text", autocomplete: "one-time-code", hint: "Six digits." })}
${field({ id: "app-name", label: "Name", type: "text", autocomplete: "off", hint: "So that you know it again, for example: phone." })}
${ownPassword("app-password")}
<button type="submit" disabled>Add the app</button>
</form></li>
</ol>
${CANCEL}`,
)

const CODES = dialog(
  "codes",
  "Your recovery codes",
  `<p class="lead">Each stands in for your second factor once. Keep them where your phone is not: they are shown this one time,
and earlier codes are worth nothing now.</p>
<ul class="codes" id="code-list"></ul>
<div class="row noprint">
<button type="button" class="quiet" id="codes-copy">Copy</button>
<button type="button" class="quiet" id="codes-print">Print</button>
</div>
<button type="button" class="noprint" data-close>I have kept them</button>`,
)

const RENAME = dialog(
  "rename",
  "Rename",
  `<form id="rename-form" method="post" action="/api/me/factors" novalidate>
${field({ id: "new-name", label: "Name", type: "text", autocomplete: "off" })}
<button type="submit" disabled>Save</button>
</form>
${CANCEL}`,
)

const OWNER = dialog(
  "owner",
  "Confirm that it is you",
  `<p class="lead" id="owner-text"></p>
<form id="owner-form" method="post" action="/api/me/identities" novalidate>
${field({ id: "owner-password", label: "Password", type: "password", autocomplete: "current-password", hint: "If you have no password here, leave it empty." })}
<button type="submit" disabled>Go on</button>
</form>
${CANCEL}`,
)

/** One's own second factors: what there is, and adding, renaming and removing it. */
export function factorsPage(facts: PageFacts): string {
  return layout(
    "Second factors",
    facts,
    `<h1 id="title" tabindex="-1">Second factors</h1>
<p class="lead">They show that it is you, beside your password: when you sign in, before secrets that ask for it, and when you approve.</p>
<p class="notice" id="notice" role="status"></p>
${NEEDS_SCRIPT}
<p class="hint" id="wait">One moment.</p>
${PROBLEM}
<section id="own" hidden>
<p class="advice" id="advice" hidden></p>
<ul class="items" id="factors"></ul>
<button type="button" id="add-passkey">Add a passkey</button>
<button type="button" id="add-app" class="quiet">Add an app for codes</button>
<button type="button" id="new-codes" class="quiet">Make recovery codes</button>
<div id="ways" class="apart" hidden>
<h2>Other ways to sign in</h2>
<ul class="items" id="links"></ul>
<div id="link-buttons"></div>
</div>
<p class="hint after"><a href="/login">Back to your account</a></p>
</section>
${PROVE}
${PASSKEY}
${APP}
${CODES}
${RENAME}
${OWNER}`,
    "form",
    [SCRIPT_PATH, FACTOR_SCRIPT_PATH, QR_SCRIPT_PATH, FACTORS_SCRIPT_PATH, LINKS_SCRIPT_PATH],
  )
}
