import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { initialiseDatabase, openDatabase } from "../../src/adapters/sqlite/create.ts"
import { sqliteLedger } from "../../src/adapters/sqlite/ledger.ts"
import { sqliteReader } from "../../src/adapters/sqlite/reader.ts"
import { EMPTY_EDGE, rootOf } from "../../src/audit/merkle.ts"
import { systemClock } from "../../src/core/clock.ts"
import { appendOnlyConformance } from "./append-only.ts"
import { BIRTH, type Engine, LOG_KEY, LOG_SEED } from "./engine.ts"
import { ledgerConformance } from "./ledger.ts"
import { readerConformance } from "./reader.ts"

async function open(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "tyler-sqlite-"))
  const path = join(folder, "tyler.db")
  openDatabase(path, true)
  initialiseDatabase(path, { ...BIRTH, emptyRoot: rootOf(EMPTY_EDGE) })
  const start = { path, origin: LOG_KEY.origin, logSeed: LOG_SEED }
  let reader = sqliteReader(path, systemClock)
  let ledger = await sqliteLedger(start)
  const shut = async (): Promise<void> => {
    await ledger.close()
    reader.close()
  }
  const raw = (use: (db: DatabaseSync) => void): void => {
    const db = new DatabaseSync(path, { timeout: 1000 })
    try {
      use(db)
    } finally {
      db.close()
    }
  }
  return {
    get reader() {
      return reader
    },
    get ledger() {
      return ledger
    },
    async reopen() {
      await shut()
      openDatabase(path, true)
      reader = sqliteReader(path, systemClock)
      ledger = await sqliteLedger(start)
    },
    async close() {
      await shut()
      rmSync(folder, { recursive: true, force: true })
    },
    personalColumns: ["salt", "username", "ip_address", "user_agent", "reason"],
    commitment: `x'${"ab".repeat(32)}'`,
    tamper: async (sql) => raw((db) => db.exec(sql)),
    withoutGuard: async (sql) =>
      raw((db) => {
        const guard = db.prepare("SELECT sql FROM sqlite_master WHERE name = 'audit_changes_only_by_erasure'").get()
        db.exec(`BEGIN; DROP TRIGGER audit_changes_only_by_erasure; ${sql}; ${String(guard?.["sql"])}; COMMIT`)
      }),
    placeHead: async (size, edge) =>
      raw((db) => {
        db.prepare("UPDATE log_head SET size = ?, edge = ? WHERE id = 1").run(size, edge)
      }),
  }
}

const sqlite = { name: "SQLite", open }
ledgerConformance(sqlite)
readerConformance(sqlite)
appendOnlyConformance(sqlite)
