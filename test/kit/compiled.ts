import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/**
 * For the environment of every process that a test starts: the compiled form of the sources is kept, as the launchers keep
 * it, so a start costs half (measured: 0.54 s of CPU for 1.07 s).
 */
export const COMPILED: Readonly<Record<string, string>> = { NODE_COMPILE_CACHE: folder() }

function folder(): string {
  const given = process.env["NODE_COMPILE_CACHE"]
  if (given !== undefined) return given
  const own = mkdtempSync(join(tmpdir(), "tyler-compiled-"))
  process.on("exit", () => rmSync(own, { recursive: true, force: true }))
  return own
}
