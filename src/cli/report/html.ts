import { createHash } from "node:crypto"
import type { ComplianceAnswer } from "../../api/compliance.ts"
import { entriesText, headOf, LEAD, TITLE, wordOf } from "./words.ts"

const STYLE = `
:root { color-scheme: light }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.5rem 4rem; background: #fff; color: #1d2430; font: 15px/1.5 system-ui, sans-serif }
h1 { margin: 0 0 .25rem; font-size: 1.75rem; letter-spacing: -.01em }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid #1d2430; font-size: 1.2rem }
h3 { display: flex; gap: .75rem; align-items: baseline; justify-content: space-between; margin: 0; font-size: 1rem }
p { margin: .5rem 0 }
.lead { color: #4a5568; max-width: 46rem }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .15rem 1rem; margin: 1.25rem 0 }
dt { color: #4a5568 } dd { margin: 0; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; font-size: 13px }
th { text-align: left; font-weight: 600; color: #4a5568 }
th, td { padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #dde3ea; vertical-align: top; overflow-wrap: anywhere }
section { margin: 0 0 1.25rem; padding: .9rem 1rem; border: 1px solid #dde3ea; border-radius: 6px; break-inside: avoid }
.check { margin: .75rem 0 0; padding-top: .6rem; border-top: 1px solid #dde3ea; font-size: 13.5px }
.check p { margin: .15rem 0; overflow-wrap: anywhere }
.small { color: #4a5568; font-size: 12.5px }
.state { flex: none; padding: 0 .5rem; border: 1px solid; border-radius: 99px; font-size: 12px; font-weight: 600; white-space: nowrap }
.ok { color: #17663a } .warn { color: #8a5300 } .fault { color: #b3261e } .unused { color: #4a5568 }
pre { padding: .75rem 1rem; background: #f4f6f9; border-radius: 6px; font-size: 12px; white-space: pre-wrap; overflow-wrap: anywhere }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .4rem } }
@media print { body { max-width: none; padding: 0; font-size: 11pt } h2 { break-after: avoid } tr { break-inside: avoid } }
`

/** The style by its hash and nothing else: no script, no image, no frame, no form, no request. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`

/** The report as one file to look at and to print. Everything in it that came from the server is escaped. */
export function reportHtml(report: ComplianceAnswer, server: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(`${TITLE}, ${report.at.slice(0, 10)}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${text(TITLE)}</h1>
<p class="lead">${text(LEAD)}</p>
<dl>
${headOf(report, server)
  .map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`)
  .join("\n")}
</dl>
<h2>Claims</h2>
<table>
<tr><th>#</th><th>Claim</th><th>Found</th></tr>
${report.claims.map(({ number, text: says, state }) => `<tr><td>${number}</td><td>${text(says)}</td><td>${stateMark(state)}</td></tr>`).join("\n")}
</table>
<h2>Checks</h2>
${report.claims.map(claimSection).join("\n")}
<h2>What others ask</h2>
<table>
<tr><th>Item</th><th>About</th><th>Supporting checks</th><th>Found</th><th>Remains yours</th></tr>
${report.items.map(itemRow).join("\n")}
</table>
<h2>Checkpoint</h2>
<p class="small">Signed by the audit log after the report's own entry. Keep it: it covers every entry that is named above.</p>
<pre>${text(report.checkpoint.trimEnd())}</pre>
</body>
</html>
`
}

function claimSection({ number, text: says, state, duty, checks }: ComplianceAnswer["claims"][number]): string {
  return `<section>
<h3><span>${number}. ${text(says)}</span>${stateMark(state)}</h3>
${checks.map(checkBlock).join("\n")}
<div class="check"><p class="small"><strong>Remains yours:</strong> ${text(duty)}</p></div>
</section>`
}

function checkBlock({
  name,
  asks,
  state,
  figure,
  fix,
  entries,
  supports,
}: ComplianceAnswer["claims"][number]["checks"][number]): string {
  const help = fix === null ? "" : `<p><strong>What would help:</strong> ${text(fix)}</p>\n`
  return `<div class="check">
<h3><span>${text(name)}</span>${stateMark(state)}</h3>
<p class="small">Checked ${text(asks)}</p>
<p>${text(figure)}</p>
${help}<p class="small">Entries ${text(entriesText(entries))} · supports ${text(supports.join(", "))}</p>
</div>`
}

function itemRow({ framework, item, about, checks, state, duty }: ComplianceAnswer["items"][number]): string {
  return `<tr><td>${text(`${framework} ${item}`)}</td><td>${text(about)}</td><td>${text(checks.join(", ") || "-")}</td><td>${stateMark(state)}</td><td>${text(duty)}</td></tr>`
}

function stateMark(state: ComplianceAnswer["items"][number]["state"]): string {
  return `<span class="state ${state ?? "unused"}">${wordOf(state)}</span>`
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

function text(plain: string): string {
  return plain.replaceAll(/[&<>"]/g, (char) => ESCAPES[char] ?? "")
}
