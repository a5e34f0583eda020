import { codePart, passkeyPart } from "./factor-form.ts"
import {
  FACTOR_SCRIPT_PATH,
  layout,
  NEEDS_SCRIPT,
  type PageFacts,
  PROBLEM,
  SCRIPT_PATH,
  STEP_UP_SCRIPT_PATH,
} from "./layout.ts"

/** Shows a second factor for the secrets that the address names, and hands out the token for it. */
export function stepUpPage(facts: PageFacts): string {
  return layout(
    "Step up",
    facts,
    `<h1 id="title" tabindex="-1">Show your second factor</h1>
${NEEDS_SCRIPT}
<p class="hint" id="wait">One moment.</p>
${PROBLEM}
<section id="ask" hidden>
<p class="lead" id="what"></p>
<ul class="names" id="names"></ul>
<form id="step-up-form" method="post" action="/api/auth/verify" novalidate>
${passkeyPart}
${codePart("step-up-code")}
</form>
</section>
<section id="done" hidden>
<p class="notice" id="notice" role="status"></p>
<dl>
<div><dt>Good for</dt><dd id="good-for"></dd></div>
<div><dt>Until</dt><dd id="until"></dd></div>
</dl>
<p class="lead">Send it in the header <code>x-verification-token</code>. It works once for each secret, and only together with
this browser's session.</p>
<p class="secret" id="token" hidden></p>
<div class="row">
<button type="button" id="copy">Copy</button>
<button type="button" class="quiet" id="reveal" aria-expanded="false" aria-controls="token">Show it</button>
</div>
</section>`,
    "form",
    [SCRIPT_PATH, FACTOR_SCRIPT_PATH, STEP_UP_SCRIPT_PATH],
  )
}
