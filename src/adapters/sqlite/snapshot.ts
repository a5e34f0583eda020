import type { DatabaseSync } from "node:sqlite"
import { setImmediate as yieldToOthers } from "node:timers/promises"
import type { Snapshot, Span } from "../../state/snapshot.ts"
import { type Cell, type ColumnKind, LOG, type Table } from "../../state/tables.ts"
import { openReader, requireMigrated } from "./database.ts"
import { asFault } from "./fault.ts"

/** Rows at once: about 2 ms of the thread that also answers. */
const BATCH = 250
/** Characters after which a batch ends early: sealed values may be 65 KB each. */
const BATCH_CHARACTERS = 1_000_000
/** Entries that are looked through at once. */
const LOOK = 4_096

/**
 * A read transaction of a connection of its own, beside whoever writes: it sees what was committed before its first read.
 * The write-ahead log is not cut while it lasts. @throws StartFault for another version's schema
 */
export function sqliteSnapshot(path: string): Snapshot {
  const db = openReader(path)
  try {
    requireMigrated(db)
    db.exec("BEGIN; SELECT 1 FROM log_head")
  } catch (error) {
    db.close()
    throw error
  }
  return {
    rows: (table, span) => rowsOf(db, table, span),
    async taken({ from, to }) {
      let [count, sum] = [0, 0]
      const look = db.prepare(`SELECT count(erased_by) AS n, total(erased_by) AS sum FROM security_audit_log
        WHERE idx >= ? AND idx < ?`)
      for (let at = from; at < to; at += LOOK) {
        const found = look.get(at, Math.min(at + LOOK, to)) as { n: number; sum: number }
        count += found.n
        sum += found.sum
        await yieldToOthers()
      }
      return `${count}-${sum}`
    },
    close: async () => db.close(),
  }
}

async function* rowsOf(db: DatabaseSync, table: Table, span: Span | undefined): AsyncGenerator<readonly string[]> {
  try {
    const select = db.prepare(selectOf(table))
    select.setReturnArrays(true)
    const kinds = Object.values(table.columns)
    const found = span === undefined ? select.iterate() : select.iterate(span.from, span.to)
    let batch: string[] = []
    let characters = 0
    for (const row of found as Iterable<unknown>) {
      const text = JSON.stringify((row as Stored[]).map((value, at) => cellOf(kinds[at] as ColumnKind, value)))
      batch.push(text)
      characters += text.length
      if (batch.length < BATCH && characters < BATCH_CHARACTERS) continue
      yield batch
      batch = []
      characters = 0
      await yieldToOthers()
    }
    if (batch.length > 0) yield batch
  } catch (error) {
    throw asFault(error)
  }
}

/** What retention empties keeps its time here, because the column may not be null; elsewhere it has none. */
const TIME_UNLESS_EMPTIED = "CASE WHEN erased_by IS NOT NULL AND commitment IS NULL THEN NULL ELSE timestamp END"

function selectOf(table: Table): string {
  const columns = Object.keys(table.columns)
  const order = table.key.join(", ")
  if (table.name === LOG.name) {
    const read = columns.map((name) => (name === "timestamp" ? TIME_UNLESS_EMPTIED : name)).join(", ")
    return `SELECT ${read} FROM ${table.name} WHERE idx >= ? AND idx < ? ORDER BY ${order}`
  }
  if (table.name === "quota_use")
    return `SELECT principal_id, day, secret_id, used FROM quota_use
      UNION ALL SELECT principal_id, day, '', used FROM quota_use_of_person ORDER BY 1, 2, 3`
  return `SELECT ${columns.join(", ")} FROM ${table.name} ORDER BY ${order}`
}

type Stored = string | number | Uint8Array | null

function cellOf(kind: ColumnKind, value: Stored): Cell {
  if (value === null) return null
  if (kind === "bytes") return Buffer.from(value as Uint8Array).toString("base64")
  if (kind === "flag") return value === 1
  if (kind === "list") return JSON.parse(value as string) as string[]
  return value as string | number
}
