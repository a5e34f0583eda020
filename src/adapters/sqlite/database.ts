import { readdirSync, readFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { StartFault } from "../../core/start-fault.ts"

const MIGRATIONS = new URL("./migrations/", import.meta.url)

/** How long the writer waits for a lock somebody else holds, in milliseconds. Bounded, so that a refusal comes soon. */
const BUSY_MS = 500

/** The one writing connection; it lives on the ledger's thread. FULL: a commit that returned survives power loss. */
export function openWriter(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_MS })
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF")
  // What a purge deletes is overwritten, so that a sealed value does not linger in free pages.
  db.exec("PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY")
  // 64 MiB of log: a page counted on again and again is copied back once. Against 4,000 pages a read costs 3% less, and
  // the wait for a copy falls on fewer of them. A start after a kill that left it full took 0.4 s in all.
  db.exec("PRAGMA wal_autocheckpoint = 16000")
  return db
}

/**
 * Copies the write-ahead log back and cuts it to nothing, so that what was overwritten is in no file any more. Up to
 * 64 MiB: 0.4 s. False if somebody reads it just now.
 */
export function emptyLog(db: DatabaseSync): boolean {
  try {
    const done = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number }
    return done.busy === 0
  } catch {
    return false
  }
}

export function openReader(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 0 })
  db.exec("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384; PRAGMA mmap_size = 0")
  return db
}

/** Brings the schema to the newest version, each step in a transaction of its own. Steps are numbered files. */
export function migrate(db: DatabaseSync): void {
  const { present, steps } = versionOf(db)
  steps.slice(present).forEach((file, offset) => {
    db.exec("BEGIN IMMEDIATE")
    db.exec(readFileSync(new URL(file, MIGRATIONS), "utf8"))
    db.exec(`PRAGMA user_version = ${present + offset + 1}; COMMIT`)
  })
}

/** For those who change nothing. @throws StartFault unless the schema is the newest */
export function requireMigrated(db: DatabaseSync): void {
  const { present, steps } = versionOf(db)
  if (present < steps.length)
    throw new StartFault("The database is an older version's; start the server, which brings it up to date")
}

function versionOf(db: DatabaseSync): { readonly present: number; readonly steps: readonly string[] } {
  const { user_version: present } = db.prepare("PRAGMA user_version").get() as { user_version: number }
  const steps = readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()
  if (present > steps.length)
    throw new StartFault("The database was made by a newer version of Tyler Setup; start that version")
  return { present, steps }
}
