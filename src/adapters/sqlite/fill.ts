import { closeSync, constants, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import type { Filling } from "../../state/snapshot.ts"
import { type Cell, type ColumnKind, LOG, type Table } from "../../state/tables.ts"
import { migrate } from "./database.ts"
import { asFault } from "./fault.ts"
import { Statements } from "./statements.ts"

/** Where a database is filled before it is one. A start beside it says so instead of making an empty one. */
export function unfinishedPath(path: string): string {
  return `${path}.restoring`
}

/** A file beside the place of the database, which becomes the database once it is whole and on stable storage. */
export function fillDatabase(path: string): Filling {
  const draft = unfinishedPath(path)
  clear(draft)
  const db = openDraft(draft)
  const sql = new Statements(db)
  return {
    put: guarded(async (table, columns, rows) => {
      const kinds = columns.map((name) => table.columns[name] as ColumnKind)
      for (const row of rows) insert(sql, table, columns, kinds, JSON.parse(row) as Cell[])
    }),
    nodes: guarded(async (nodes) => {
      for (const { level, position, hash } of nodes)
        sql.of("INSERT INTO audit_node (level, position, hash) VALUES (?, ?, ?)").run(level, position, hash)
    }),
    commit: guarded(async () => {
      db.exec("COMMIT; PRAGMA foreign_keys = ON")
      const broken = db.prepare("PRAGMA foreign_key_check").get()
      if (broken !== undefined) throw new Error(`rows of ${String(broken["table"])} belong to nothing`)
      db.close()
      sync(draft)
      renameSync(draft, path)
      sync(dirname(path))
    }),
    async [Symbol.asyncDispose]() {
      if (db.isOpen) db.close()
      clear(draft)
    },
  }
}

function openDraft(draft: string): DatabaseSync {
  const db = new DatabaseSync(draft)
  try {
    // Nobody else sees it, and a kill throws it away: it is made durable once, at the end.
    db.exec(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536",
    )
    migrate(db)
    db.exec("BEGIN")
    return db
  } catch (error) {
    db.close()
    clear(draft)
    throw asFault(error)
  }
}

function guarded<A extends readonly unknown[]>(work: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await work(...args)
    } catch (error) {
      throw error instanceof Error && "errcode" in error ? asFault(error) : error
    }
  }
}

function insert(
  sql: Statements,
  table: Table,
  columns: readonly string[],
  kinds: readonly ColumnKind[],
  cells: readonly Cell[],
): void {
  const values = cells.map((cell, at) => storedOf(kinds[at] as ColumnKind, cell))
  if (table.name === "quota_use" && values[2] === "") {
    sql
      .of("INSERT INTO quota_use_of_person (principal_id, day, used) VALUES (?, ?, ?)")
      .run(values[0] as string, values[1] as string, values[3] as number)
    return
  }
  // As in selects of a snapshot: what retention emptied has no time, and the column may not be null.
  if (table.name === LOG.name) values[1] ??= 0
  sql
    .of(`INSERT INTO ${table.name} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`)
    .run(...values)
}

function storedOf(kind: ColumnKind, cell: Cell): SQLInputValue {
  if (cell === null) return null
  if (kind === "bytes") return Buffer.from(cell as string, "base64")
  if (kind === "flag") return cell === true ? 1 : 0
  if (kind === "list") return JSON.stringify(cell)
  return cell as string | number
}

function clear(draft: string): void {
  for (const file of [draft, `${draft}-journal`, `${draft}-wal`, `${draft}-shm`]) if (existsSync(file)) rmSync(file)
}

function sync(path: string): void {
  const file = openSync(path, constants.O_RDONLY)
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
