import type { ComplianceAnswer } from "../../api/compliance.ts"
import { type Call, given, switched, UsageError } from "../command.ts"
import { addressOf, connect } from "../connect.ts"
import { DONE, REFUSED } from "../exit.ts"
import { exportTo } from "../export-to.ts"
import { printableJson, printableLines } from "../printable.ts"
import { reportHtml } from "../report/html.ts"
import { reportMarkdown } from "../report/markdown.ts"

const FORMS: Readonly<Record<string, (report: ComplianceAnswer, server: string) => string>> = {
  markdown: reportMarkdown,
  html: reportHtml,
  json: (report) => `${printableJson(report, 2)}\n`,
}

/** What counts as found. */
const FOUND: Readonly<Record<string, readonly string[]>> = { fault: ["fault"], warn: ["fault", "warn"] }

export async function run(call: Call): Promise<number> {
  const form = oneOf(
    FORMS,
    switched(call, "json") ? "json" : (given(call, "format") ?? "markdown"),
    "--format is markdown, html or json",
  )
  const wanted = given(call, "fail-on")
  const found = wanted === undefined ? [] : oneOf(FOUND, wanted, "--fail-on is fault or warn")
  const report = await connect(call).compliance.report()
  await exportTo(call, once(Buffer.from(printableLines(form(report, addressOf(call))))))
  return report.claims.some(({ state }) => found.includes(state)) ? REFUSED : DONE
}

function oneOf<T>(table: Readonly<Record<string, T>>, name: string, usage: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  if (found === undefined) throw new UsageError(usage, "compliance report")
  return found
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
