import { existsSync, linkSync, renameSync } from "node:fs"
import { dirname } from "node:path"
import { equalBytes } from "../../core/bytes.ts"
import type { Random } from "../../core/random.ts"
import { StartFault } from "../../core/start-fault.ts"
import type { RootKey, RootKeys } from "../../envelope/kek.ts"
import { codeOf } from "./owned-folder.ts"
import { createRootKey, loadRootKey, localRootKey, syncFolder } from "./root-key.ts"

/** Where the next root key waits for the rotation. */
export function nextRootKeyPath(path: string): string {
  return `${path}.next`
}

/** Makes the next root key beside the one in use. @returns its path. @throws StartFault if one waits already */
export function createNextRootKey(path: string, random: Random): string {
  const next = nextRootKeyPath(path)
  createRootKey(next, random).fill(0)
  return next
}

/**
 * The root key file and the next one beside it. Once a database is found wrapped by the next key, that file takes the
 * place of the first, which is kept under the first 8 hex digits of its check value: it opens older backups.
 */
export function rootKeyFiles(path: string, random: Random): RootKeys {
  function load(file: string): RootKey | undefined {
    if (!existsSync(file)) return undefined
    return localRootKey(loadRootKey(file), random)
  }

  return {
    async find(check) {
      const current = load(path)
      if (current !== undefined && equalBytes(current.check, check)) return current
      const next = load(nextRootKeyPath(path))
      if (next === undefined || !equalBytes(next.check, check)) return undefined
      promote(path, current)
      return next
    },
    next: async () => load(nextRootKeyPath(path)),
  }
}

/**
 * Two steps, each of which leaves both keys there: what a crash interrupts is found and finished at the next start. A
 * folder that may not be written (a mounted secret) stays as it is; the key is then found in its waiting place.
 */
function promote(path: string, old: RootKey | undefined): void {
  try {
    if (old !== undefined) keep(path, `${path}.${Buffer.from(old.check).toString("hex", 0, 4)}`)
    renameSync(nextRootKeyPath(path), path)
    syncFolder(dirname(path))
  } catch (error) {
    if (!READ_ONLY.has(codeOf(error)))
      throw new StartFault(`The root key ${path} cannot be replaced (${codeOf(error)})`)
  }
}

const READ_ONLY: ReadonlySet<string> = new Set(["EROFS", "EACCES", "EPERM"])

function keep(path: string, kept: string): void {
  try {
    linkSync(path, kept)
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error
  }
}
