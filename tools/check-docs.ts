/** Fails when a generated part of the documents differs from what the code says; `--write` makes it anew. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { BLOCKS, withBlock } from "./blocks.ts"

for (const block of BLOCKS) {
  const file = join(import.meta.dirname, "..", block.file)
  const stands = readFileSync(file, "utf8")
  const due = withBlock(stands, block)
  if (process.argv.includes("--write")) writeFileSync(file, due)
  else if (stands !== due) {
    process.stderr.write(`${block.file} differs from ${block.source}; run: node tools/check-docs.ts --write\n`)
    process.exitCode = 1
  }
}
