import { existsSync } from "node:fs"
import { StartFault } from "../../core/start-fault.ts"
import type { KeyRow, PolicyRow } from "../../state/rows.ts"
import { applyChange } from "./changes.ts"
import { migrate, openReader, openWriter, requireMigrated } from "./database.ts"
import { keyRow, type SqlRow } from "./decode.ts"
import { Statements } from "./statements.ts"

/** What a new database is born with. */
export interface Birth {
  readonly rootKeyCheck: Uint8Array
  readonly keys: readonly KeyRow[]
  readonly policies: readonly PolicyRow[]
  readonly policyMac: Uint8Array
  readonly emptyRoot: Uint8Array
}

export interface Opened {
  readonly rootKeyCheck: Uint8Array
  readonly keys: readonly KeyRow[]
}

/**
 * Opens the database. Answers undefined for one that was never initialised. Call it before the ledger starts: it uses a
 * writing connection and closes it again.
 * @param mayMake the file, and what its schema lacks. @throws StartFault where something would have to be made
 */
export function openDatabase(path: string, mayMake: boolean): Opened | undefined {
  if (!mayMake && !existsSync(path)) throw new StartFault(`There is no database ${path}; start the server first`)
  const db = openWriter(path)
  try {
    if (mayMake) migrate(db)
    else requireMigrated(db)
    const sql = new Statements(db)
    const check = sql.of("SELECT value FROM meta WHERE key = 'root_key_check'").get()
    if (!check) return undefined
    const keys = sql.of("SELECT * FROM keyring_key ORDER BY created_at, id").all() as SqlRow[]
    return { rootKeyCheck: check["value"] as Uint8Array, keys: keys.map(keyRow) }
  } finally {
    db.close()
  }
}

/** For whoever looks beside a server. @throws StartFault unless the schema is the newest */
export function requireReadable(path: string): void {
  const db = openReader(path)
  try {
    requireMigrated(db)
  } finally {
    db.close()
  }
}

/** First start: keys, policies, head and the root key's check value appear together or not at all. */
export function initialiseDatabase(path: string, birth: Birth): void {
  const db = openWriter(path)
  try {
    const sql = new Statements(db)
    db.exec("BEGIN IMMEDIATE")
    sql
      .of(`INSERT INTO log_head (id, size, root, edge, last_time, policy_epoch, policy_mac, setup_closed)
           VALUES (1, 0, ?, x'', 0, 0, x'', 0)`)
      .run(birth.emptyRoot)
    for (const row of birth.keys) applyChange(sql, { kind: "addKey", row }, 0)
    applyChange(sql, { kind: "putPolicies", put: birth.policies, removed: [], epoch: 1, mac: birth.policyMac }, 0)
    sql.of("INSERT INTO meta (key, value) VALUES ('root_key_check', ?)").run(birth.rootKeyCheck)
    db.exec("COMMIT")
  } finally {
    db.close()
  }
}
