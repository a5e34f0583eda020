/**
 * Makes `dist/` of `src/`: types are blanked out in place, so that every line and column stays where it was, and
 * `./x.ts` is imported as `./x.js`. Nothing but Node is needed, so an install without development packages builds too.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
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

/** 40 hex digits, from who builds without a repository at hand, as the image is. Anything else is no commit. */
const GIVEN = process.env["TYLER_COMMIT"]

/** What is being built: a repository above another one's checkout would say something about that one. */
function source(): { readonly commit: string | null; readonly changed: boolean } {
  if (GIVEN !== undefined && GIVEN !== "") {
    if (!/^[0-9a-f]{40}$/.test(GIVEN)) throw new Error("TYLER_COMMIT must be 40 hex digits")
    return { commit: GIVEN, changed: false }
  }
  const commit = existsSync(join(ROOT, ".git")) ? git("rev-parse", "HEAD") : undefined
  if (commit === undefined) return { commit: null, changed: false }
  return { commit, changed: git("status", "--porcelain", "--", "bin", "src", "package.json", "tools/build.ts") !== "" }
}

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" })
  return status === 0 ? stdout.trim() : undefined
}

/** As everybody has it who wants the same build from the same sources: https://reproducible-builds.org/specs/source-date-epoch/ */
function builtAt(): string {
  const epoch = process.env["SOURCE_DATE_EPOCH"]
  return new Date(epoch === undefined ? Date.now() : Number(epoch) * 1000).toISOString()
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
put(join(BUILT, "build.json"), (to) => writeFileSync(to, `${JSON.stringify({ ...source(), builtAt: builtAt() })}\n`))
