/**
 * Makes `dist/` of `src/`: types are blanked out in place, so that every line and column stays where it was, and
 * `./x.ts` is imported as `./x.js`. Nothing but Node is needed, so an install without development packages builds too.
 */
import { copyFileSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { dirname, join } from "node:path"

const ROOT = join(import.meta.dirname, "..")
const SOURCES = join(ROOT, "src")
const BUILT = join(ROOT, "dist")

/** @throws SyntaxError on TypeScript that leaves something behind at run time, such as an enum. */
function compiled(source: string): string {
  const script = stripTypeScriptTypes(source, { mode: "strip" })
  return script.replace(/((?:\bfrom|\bimport)\s*\(?\s*")(\.[^"\n]*)\.ts"/g, '$1$2.js"')
}

/** Whole or not at all: another process may be starting from the same folder. */
function put(path: string, write: (to: string) => void): void {
  mkdirSync(dirname(path), { recursive: true })
  const part = `${path}.${process.pid}.part`
  write(part)
  renameSync(part, path)
}

const made = new Set<string>()
for (const path of globSync(["**/*.ts", "**/*.sql"], { cwd: SOURCES })) {
  if (path.endsWith(".test.ts")) continue
  const from = join(SOURCES, path)
  const name = path.replace(/\.ts$/, ".js")
  made.add(name)
  if (name === path) put(join(BUILT, name), (to) => copyFileSync(from, to))
  else put(join(BUILT, name), (to) => writeFileSync(to, compiled(readFileSync(from, "utf8"))))
}
for (const path of globSync("**/*.{js,sql,d.ts}", { cwd: BUILT })) if (!made.has(path)) rmSync(join(BUILT, path))
