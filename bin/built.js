import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const load = createRequire(import.meta.url)
/** Not imported: an import of `node:fs` makes all that it exports, its promises and streams among them. */
const { readdirSync, readFileSync, renameSync, statSync, writeFileSync } = load("node:fs")

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
  const { spawnSync } = load("node:child_process")
  // A child: what takes types away holds 30 MB for as long as its process lives.
  if (spawnSync(builder[0], builder.slice(1), { stdio: ["ignore", "ignore", "inherit"] }).status !== 0) return false
  // What was seen before the build: a source saved during it shows as a difference next time.
  writeFileSync(`${STAMP}.${process.pid}`, found)
  renameSync(`${STAMP}.${process.pid}`, STAMP)
  return true
}

/** Every source but the tests by name, size and time of change; undefined where there are none. */
function stampOf() {
  try {
    return [BUILDER, ...filesBelow(SOURCES)].map(lineOf).toSorted().join("")
  } catch (error) {
    if (error.code === "ENOENT") return undefined
    throw error
  }
}

/** By hand: asking Node for all of it at once takes three times as long, every time that `tyler` starts (measured). */
function filesBelow(folder) {
  const below = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.endsWith(".test.ts"))
  return below.flatMap((one) => (one.isDirectory() ? filesBelow(`${folder}/${one.name}`) : `${folder}/${one.name}`))
}

function lineOf(path) {
  const { size, mtimeMs } = statSync(path)
  return `${path.slice(ROOT.length)} ${size} ${mtimeMs}\n`
}

function kept() {
  try {
    return readFileSync(STAMP, "utf8")
  } catch {
    return undefined
  }
}
