/** Fails when an import breaks the tables of ARCHITECTURE.md, or when the tables allow what nothing uses. */
import { join } from "node:path"
import { judgeImports } from "./judge-imports.ts"

const faults = judgeImports(join(import.meta.dirname, ".."))
for (const fault of faults) process.stderr.write(`${fault}\n`)
process.exitCode = faults.length === 0 ? 0 : 1
