/**
 * Fails when a generated part of a document differs from what the code says (`--write` makes it anew), when a link leads
 * nowhere, and when a document names a command, variable, code, route or file that does not exist.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { BLOCKS, GENERATED, withBlock } from "./blocks.ts"
import { knownIn } from "./known.ts"
import { brokenLinks } from "./links.ts"
import { unknownNames } from "./names.ts"

const ROOT = join(import.meta.dirname, "..")

function say(fault: string): void {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}

for (const block of BLOCKS) {
  const file = join(ROOT, block.file)
  const stands = readFileSync(file, "utf8")
  const due = withBlock(stands, block)
  if (process.argv.includes("--write")) writeFileSync(file, due)
  else if (stands !== due) say(`${block.file} differs from ${block.source}; run: node tools/check-docs.ts --write`)
}

for (const { file, source, make } of GENERATED) {
  const path = join(ROOT, file)
  const due = make()
  if (process.argv.includes("--write")) writeFileSync(path, due)
  else if (!existsSync(path) || readFileSync(path, "utf8") !== due)
    say(`${file} differs from ${source}; run: node tools/check-docs.ts --write`)
}

const known = knownIn(ROOT)
for (const file of globSync(["*.md", "{docs,spec}/**/*.md"], { cwd: ROOT }).toSorted()) {
  for (const fault of brokenLinks(ROOT, file)) say(fault)
  // The changelog tells of what was, too.
  if (file === "CHANGELOG.md") continue
  for (const fault of unknownNames(file, readFileSync(join(ROOT, file), "utf8"), known)) say(fault)
}
