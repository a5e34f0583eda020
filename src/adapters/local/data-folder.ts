import { lstatSync } from "node:fs"
import { join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { StartFault } from "../../core/start-fault.ts"
import { codeOf, ensureOwnedFolder } from "./owned-folder.ts"

const LOCK = "lock.db"
const SQLITE_BUSY = 5

export interface DataFolder {
  /** Absolute. */
  readonly path: string
  /** The path of a file in it. `lock.db` is nobody else's business. */
  file(name: string): string
  /** Gives the folder up; again does nothing. */
  release(): void
}

/** Keeps claims reachable: a collected connection closes, and with it goes the lock. */
const held = new Set<DatabaseSync>()

/**
 * Makes the data folder if need be and takes it for this process, until `release` or death: `lock.db` is held in
 * `BEGIN EXCLUSIVE`, a lock of the kernel, so a kill -9 frees it and no stale lock exists. The file must not be in WAL
 * mode, where EXCLUSIVE lets readers in; it never holds a page, so it stays in rollback mode.
 *
 * INVARIANT: nothing in the process opens `lock.db` through node:fs. POSIX drops all locks of a process on a file when
 * any descriptor of that file closes. Locks of network file systems are as good as that file system.
 * @throws StartFault if the folder is unsafe or another process (or an earlier claim of this one) holds it.
 */
export function claimDataFolder(dir: string): DataFolder {
  const path = resolve(dir)
  ensureOwnedFolder(path, "data folder")
  const lock = openLock(path)
  held.add(lock)
  return {
    path,
    file: (name) => join(path, name),
    release: () => {
      if (held.delete(lock)) lock.close()
    },
  }
}

function openLock(path: string): DatabaseSync {
  const file = join(path, LOCK)
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new StartFault(`${file} is a symbolic link; remove it`)
  }
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(file, { timeout: 0 })
    lock.exec("PRAGMA journal_mode = DELETE")
    lock.exec("BEGIN EXCLUSIVE")
    return lock
  } catch (error) {
    lock?.close()
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new StartFault(`The data folder ${path} is in use by another process; stop that one first`)
    }
    throw new StartFault(`The data folder ${path} cannot be claimed: ${LOCK} cannot be locked (${codeOf(error)})`)
  }
}
