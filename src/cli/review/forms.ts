import type { ReviewAnswer } from "../../api/access-review.ts"
import { markdownTable } from "../report/markdown.ts"
import { printable, printableJson } from "../printable.ts"
import { HEADINGS, rowsOf, type Subject } from "./rows.ts"

/** All pages as one. */
export type Review = Omit<ReviewAnswer, "nextCursor" | "subjects"> & { readonly subjects: readonly Subject[] }

export const FORMS: Readonly<Record<string, (review: Review) => string>> = {
  csv: ({ subjects }) => [HEADINGS, ...rowsOf(subjects)].map((row) => `${row.map(csvCell).join(",")}\r\n`).join(""),
  json: (review) => `${printableJson(review, 2)}\n`,
  markdown: (review) =>
    `# Who could read what\n\n${lookedText(review)}\n\n${markdownTable(HEADINGS, rowsOf(review.subjects))}\n`,
}

export function lookedText({ days, looked, secrets, subjects }: Review): string {
  const cut = looked.cut ? ", not all of that time" : ""
  const more = secrets.cut ? " and more that were not looked at" : ""
  return `${subjects.length} people and programs, ${secrets.count} secrets${more}; dormant: not used in ${days} days (${looked.entries} entries since ${looked.since}${cut}).`
}

/** RFC 4180; what a spreadsheet would take for a formula is made text by an apostrophe. */
function csvCell(text: string): string {
  const shown = printable(text)
  const plain = /^[=+\-@]/.test(shown) ? `'${shown}` : shown
  return /[",]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
