import type { ComplianceAnswer } from "../../api/compliance.ts"

type State = ComplianceAnswer["claims"][number]["state"]

/** What a state says of a claim. Nothing here says that anybody meets anything: that is an auditor's to say. */
export const WORDS: Readonly<Record<State, string>> = {
  ok: "supported",
  unused: "not used here",
  warn: "supported in part",
  fault: "not supported",
}

export function wordOf(state: State | null): string {
  return state === null ? "no check of ours" : WORDS[state]
}

/** Entry numbers, `12, 8`; `none`. */
export function entriesText(entries: readonly number[]): string {
  return entries.length === 0 ? "none" : entries.join(", ")
}

export const TITLE = "Evidence for the thirteen claims"
export const LEAD =
  "What the service found of itself at one moment. It supports the claims below as far as each line says; whether they are met, and what remains, is for people to judge."

/** Facts at the head of the report, name and value. */
export function headOf(report: ComplianceAnswer, server: string): readonly (readonly [string, string])[] {
  const { at, version, environment, looked, entry } = report
  return [
    ["Server", server],
    ["Looked at", at],
    ["Version", `${version}, ${environment}`],
    [
      "Audit log",
      `${looked.entries} entries since ${looked.since}${looked.cut ? ", and not all of the last 90 days" : ""}`,
    ],
    ["On record as", `entry ${entry}; entries named as evidence are in the log below the checkpoint at the end`],
  ]
}
