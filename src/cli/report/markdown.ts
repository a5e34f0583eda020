import type { ComplianceAnswer } from "../../api/compliance.ts"
import { printable } from "../printable.ts"
import { entriesText, headOf, LEAD, TITLE, wordOf } from "./words.ts"

/** The report as CommonMark with tables. */
export function reportMarkdown(report: ComplianceAnswer, server: string): string {
  return [
    `# ${TITLE}`,
    LEAD,
    headOf(report, server)
      .map(([name, value]) => `- **${name}:** ${cell(value)}`)
      .join("\n"),
    "## Claims",
    markdownTable(
      ["", "claim", "found"],
      report.claims.map(({ number, text, state }) => [String(number), text, wordOf(state)]),
    ),
    ...report.claims.map(claimSection),
    "## What others ask",
    markdownTable(
      ["", "item", "about", "supporting checks", "found", "remains yours"],
      report.items.map((one) => [
        one.framework,
        one.item,
        one.about,
        one.checks.join(", ") || "-",
        wordOf(one.state),
        one.duty,
      ]),
    ),
    "## Checkpoint",
    `\`\`\`\n${report.checkpoint.trimEnd()}\n\`\`\``,
    "",
  ].join("\n\n")
}

function claimSection({ number, text, state, duty, checks }: ComplianceAnswer["claims"][number]): string {
  const rows = checks.map((one) => [
    one.name,
    one.asks,
    `${wordOf(one.state)}: ${one.figure}`,
    one.fix ?? "-",
    entriesText(one.entries),
    one.supports.join(", "),
  ])
  return [
    `### ${number}. ${text}: ${wordOf(state)}`,
    markdownTable(["check", "checked", "found", "what would help", "entries", "supports"], rows),
    `Remains yours: ${cell(duty)}`,
  ].join("\n\n")
}

/** CommonMark with tables, as GitHub has them. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n")
}

/** Names of people and secrets stand in it: nothing of them may end a cell, begin a tag or a link. */
function cell(text: string): string {
  return printable(text)
    .replaceAll(/[\\`*_[\]<>|]/g, (mark) => `\\${mark}`)
    .replaceAll(/\s+/g, " ")
}
