import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { verifierKeyText } from "../../src/audit/note.ts"
import { SAMPLE_KEY } from "./sample-log.ts"
import { APPROVALS } from "./approved.ts"
import { VECTORS } from "./tampered.ts"

const ALL = [...VECTORS, ...APPROVALS]

/** The files of `spec/vectors/audit`: the same bytes whenever and wherever this runs. */
export function vectorFiles(): Map<string, string> {
  const files = new Map([["key.txt", `${verifierKeyText(SAMPLE_KEY)}\n`]])
  for (const { name, lines, given = [] } of ALL) {
    files.set(`${name}.ndjson`, lines.map((line) => `${line}\n`).join(""))
    for (const [at, note] of given.entries()) files.set(`${name}.checkpoint-${at}.txt`, note)
  }
  const expected = ALL.map(({ name, given = [], faults, checked }) => ({ name, given: given.length, faults, checked }))
  files.set("expected.json", `[\n${expected.map((vector) => `  ${JSON.stringify(vector)}`).join(",\n")}\n]\n`)
  return files
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, "../../spec/vectors/audit")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of vectorFiles()) writeFileSync(join(folder, name), text)
}
