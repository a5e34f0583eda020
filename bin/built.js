import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..")
const SOURCES = join(ROOT, "src")
const BUILDER = join(ROOT, "tools", "build.ts")
const STAMP = join(ROOT, "dist", "stamp")

/**
 * In a checkout: makes sure that `dist/` is what the sources say now, so that no start ever runs older code than its
 * reader sees. A published package has no sources, and nothing to do. Needs Node 24.
 *
 * @returns false if it could not be built (a checkout that may not be written): then the sources run as they are.
 */
export function isBuilt() {
  const found = stampOf()
  if (found === undefined || found === kept()) return true
  const builder = [process.execPath, "--disable-warning=ExperimentalWarning", BUILDER]
  const { spawnSync } = createRequire(import.meta.url)("node:child_process")
  // A child: what takes types away holds 30 MB for as long as its process lives.
  if (spawnSync(builder[0], builder.slice(1), { stdio: ["ignore", "ignore", "inherit"] }).status !== 0) return false
  // What was seen before the build: a source saved during it shows as a difference next time.
  writeFileSync(`${STAMP}.${process.pid}`, found)
  renameSync(`${STAMP}.${process.pid}`, STAMP)
  return true
}

/** Every source by name, size and time of change; undefined where there are none. */
function stampOf() {
  try {
    const paths = readdirSync(SOURCES, { recursive: true }).toSorted()
    return [BUILDER, ...paths.map((path) => join(SOURCES, path))].map(lineOf).join("")
  } catch (error) {
    if (error.code === "ENOENT") return undefined
    throw error
  }
}

function lineOf(path) {
  const stat = statSync(path)
  return stat.isFile() ? `${path.slice(ROOT.length)} ${stat.size} ${stat.mtimeMs}\n` : ""
}

function kept() {
  try {
    return readFileSync(STAMP, "utf8")
  } catch {
    return undefined
  }
}
