/** Fails when a generated part of the documents differs from what the code says; `--write` makes it anew. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { withSettingsTable } from "../src/main/settings-doc.ts"

const file = join(import.meta.dirname, "../docs/configuration.md")
const stands = readFileSync(file, "utf8")
const due = withSettingsTable(stands)

if (process.argv.includes("--write")) writeFileSync(file, due)
else if (stands !== due) {
  process.stderr.write(
    "docs/configuration.md differs from src/main/settings.ts; run: node tools/check-docs.ts --write\n",
  )
  process.exitCode = 1
}
