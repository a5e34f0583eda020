import { codePart, passkeyPart } from "./factor-form.ts"
import {
  area,
  FACTOR_SCRIPT_PATH,
  layout,
  NEEDS_SCRIPT,
  type PageFacts,
  PROBLEM,
  REQUEST_SCRIPT_PATH,
  SCRIPT_PATH,
} from "./layout.ts"

/** Asks for an approval to read the secrets that the address names: where a program's refusal sends its person. */
export function requestPage(facts: PageFacts): string {
  return layout(
    "Ask for access",
    facts,
    `<h1 id="title" tabindex="-1">Ask for access</h1>
${NEEDS_SCRIPT}
<p class="hint" id="wait">One moment.</p>
${PROBLEM}
<section id="ask" hidden>
<p class="lead">You ask for a grant to read</p>
<ul class="names" id="names"></ul>
<p class="hint">A grant opens them any number of times, to your access keys too, for as long as policy lets it live.</p>
${area({ id: "reason", label: "Why", hint: "10 to 1,000 characters. It stands in the log, and whoever decides reads it." })}
<form id="factor-form" method="post" action="/api/access-requests" novalidate hidden>
<p class="lead">Show your second factor with it, and it stands for as long as the grant lives.</p>
${passkeyPart.replace("Use a passkey", "Ask with a passkey")}
${codePart("factor-code", "Ask")}
</form>
<form id="plain-form" method="post" action="/api/access-requests" novalidate>
<button type="submit" class="quiet" disabled>Ask without a second factor</button>
</form>
</section>
<section id="done" hidden>
<p class="notice" id="notice" role="status"></p>
<p class="lead"><a id="made" href="/approve">The request</a></p>
</section>`,
    "form",
    [SCRIPT_PATH, FACTOR_SCRIPT_PATH, REQUEST_SCRIPT_PATH],
  )
}
