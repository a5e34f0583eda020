import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { ComplianceAnswer } from "../../src/api/compliance.ts"
import { reportHtml } from "../../src/cli/report/html.ts"
import { reportMarkdown } from "../../src/cli/report/markdown.ts"
import { type Team, team } from "./server.ts"

let all: Team
before(async () => {
  all = await team()
})
after(() => all.stop())

const report = (...options: string[]) => all.ada.tyler(["compliance", "report", ...options])

test("the report as Markdown, JSON and a page, to standard output or a new file of one's own", async () => {
  const markdown = await report()
  assert.equal(markdown.code, 0, markdown.err)
  assert.match(markdown.out, /^# Evidence for the thirteen claims\n/)
  assert.match(markdown.out, /^### 9\. MFA support for sensitive secrets: not supported$/m)
  assert.match(markdown.out, /\| factors-of-admins \| .*: ada \|/)
  const json = JSON.parse((await report("--json")).out) as ComplianceAnswer
  assert.equal(json.claims.length, 13)
  assert.equal(JSON.parse((await report("--format", "json")).out).claims.length, 13)
  const written = await report("--format", "html", "--out", "report.html")
  assert.equal(written.code, 0, written.err)
  const file = join(all.ada.path, "report.html")
  assert.equal(statSync(file).mode & 0o777, 0o600)
  strictPage(readFileSync(file, "utf8"))
  assert.notEqual((await report("--out", "report.html")).code, 0, "what is there already stays")
})

test("an exit code for whoever asks for one; others than admins and auditors get nothing", async () => {
  assert.equal((await report("--fail-on", "fault")).code, 3)
  assert.equal((await report("--fail-on", "any")).code, 2)
  assert.equal((await report("--format", "pdf")).code, 2)
  assert.equal((await all.fin.tyler(["compliance", "report"])).code, 3)
})

/** Nothing runs, nothing is fetched, and only the style whose hash the page names is applied. */
function strictPage(html: string): void {
  assert.doesNotMatch(
    html,
    /<(?:script|img|iframe|link|form|a|object)\b| on\w+=| style=|url\(|@import|https?:\/\/[^"<]*\.(?:js|css)/i,
  )
  const [, style = ""] = /<style>([^]*)<\/style>/.exec(html) ?? []
  const hash = createHash("sha256").update(style).digest("base64")
  assert.ok(html.includes(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`))
}

const HOSTILE = `</td><script>alert("1")</script>|[x](javascript:1)`

function hostileReport(): ComplianceAnswer {
  const check = {
    name: HOSTILE,
    asks: HOSTILE,
    state: "fault",
    figure: HOSTILE,
    fix: HOSTILE,
    entries: [7, 3],
    supports: [HOSTILE],
  } as const
  return {
    at: "2026-11-24T09:30:00.000Z",
    version: HOSTILE,
    environment: "production",
    looked: { since: "2026-08-26T09:30:00.000Z", entries: 3, cut: true },
    entry: 8,
    checkpoint: `tyler-setup/audit\n9\n${HOSTILE}\n`,
    claims: [
      {
        number: 1,
        text: HOSTILE,
        state: "fault",
        duty: HOSTILE,
        checks: [{ ...check, entries: [7, 3], supports: [HOSTILE] }],
      },
    ],
    items: [{ framework: "SOC 2", item: "CC6.1", about: HOSTILE, state: null, checks: [], duty: HOSTILE }],
  }
}

test("names that are markup stay text, in the page and in Markdown", () => {
  const html = reportHtml(hostileReport(), HOSTILE)
  strictPage(html)
  assert.ok(html.includes("&lt;script&gt;"))
  assert.match(html, /no check of ours/)
  const markdown = reportMarkdown(hostileReport(), HOSTILE)
  for (const row of markdown.split("\n").filter((line) => line.startsWith("| ")))
    assert.doesNotMatch(row, /(?<!\\)<|(?<!\\)\[/)
  const [first = ""] = markdown.split("\n").filter((line) => line.startsWith("| ") && line.includes("7, 3"))
  assert.equal(first.split(/(?<!\\)\|/).length, 8, "six cells")
})
