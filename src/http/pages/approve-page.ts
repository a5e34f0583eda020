import { codePart, passkeyPart } from "./factor-form.ts"
import {
  APPROVE_SCRIPT_PATH,
  area,
  FACTOR_SCRIPT_PATH,
  layout,
  NEEDS_SCRIPT,
  type PageFacts,
  PROBLEM,
  SCRIPT_PATH,
} from "./layout.ts"

const SCRIPTS = [SCRIPT_PATH, FACTOR_SCRIPT_PATH, APPROVE_SCRIPT_PATH]
const REASON_HINT = "10 to 1,000 characters. It stands in the log."

/** What waits for the person's decision. */
export function approvalsPage(facts: PageFacts): string {
  return layout(
    "Waiting for your decision",
    facts,
    `<h1 id="title" tabindex="-1">Waiting for your decision</h1>
${NEEDS_SCRIPT}
<p class="hint" id="wait">One moment.</p>
${PROBLEM}
<section id="list" hidden>
<p class="lead" id="nothing" role="status" hidden>Nothing waits for you.</p>
<ul class="items" id="requests"></ul>
<button type="button" class="quiet" id="more" hidden>Show more</button>
<p class="hint after"><a href="/login">Back to your account</a></p>
</section>`,
    "wide",
    SCRIPTS,
  )
}

/** One request: what is asked for, and the two answers to it. The id stands in the address alone. */
export function approvePage(facts: PageFacts): string {
  return layout(
    "Request",
    facts,
    `<h1 id="title" tabindex="-1">Request</h1>
<p class="notice" id="notice" role="status"></p>
${NEEDS_SCRIPT}
<p class="hint" id="wait">One moment.</p>
${PROBLEM}
<section id="request" hidden>
<p class="state" id="state"></p>
<dl id="facts"></dl>
<div id="change"></div>
<details class="fine">
<summary>What a signature covers</summary>
<p class="hint">The digest of all of the above. Whoever verifies the log finds the same one.</p>
<p class="secret"><code id="digest"></code></p>
</details>
</section>
<section id="decide" hidden>
<p class="lead" id="how"></p>
<form id="approve-form" method="post" action="/api/access-requests" novalidate>
${passkeyPart.replace("Use a passkey", "Approve with a passkey")}
${codePart("approve-code", "Approve")}
</form>
<form id="plain-form" method="post" action="/api/access-requests" novalidate hidden>
<button type="submit" disabled>Approve</button>
</form>
<details class="deny">
<summary>Deny instead</summary>
<form id="deny-form" method="post" action="/api/access-requests" novalidate>
${area({ id: "deny-reason", label: "Why not", hint: REASON_HINT })}
<button type="submit" class="quiet bad" disabled>Deny</button>
</form>
</details>
</section>
<section id="review" hidden>
<p class="lead">Somebody opened these secrets in an emergency. Look at what was done with them, then say so.</p>
<form id="review-form" method="post" action="/api/access-requests" novalidate>
${area({ id: "review-reason", label: "What you found", hint: REASON_HINT })}
<button type="submit" disabled>Reviewed</button>
</form>
</section>
<section id="own" hidden>
<p class="lead" id="own-text"></p>
<button type="button" class="quiet" id="cancel">Take it back</button>
</section>
<p class="hint after"><a href="/approve">Everything that waits for you</a></p>`,
    "wide",
    SCRIPTS,
  )
}
