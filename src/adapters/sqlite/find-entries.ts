import type { SQLInputValue } from "node:sqlite"
import type { EntryQuery } from "../../state/reader.ts"
import type { EntryRow } from "../../state/rows.ts"
import { entryRow, type SqlRow } from "./decode.ts"
import type { Statements } from "./statements.ts"
import type { Turn } from "../../core/turn.ts"

/** The audit indexes begin with `idx >> 8`: see migrations. */
const RUN_BITS = 8
/** Entries that one statement looks at where no index helps: from a cold disk a whole run takes up to 25 ms. */
const SCAN_BITS = 6

/** Conditions with an index of their own, then those that look at every entry of a run. */
const INDEXED: readonly (readonly [keyof EntryQuery, string])[] = [
  ["resourceName", "resource_name = ?"],
  ["userId", "user_id = ?"],
  ["from", "timestamp >= ?"],
  ["to", "timestamp <= ?"],
]
const OTHERS: readonly (readonly [keyof EntryQuery, string])[] = [
  ["action", "action = ?"],
  ["result", "result = ?"],
]

/** Entries newest first, run by run from the newest, giving way in between: a rare filter over a long log takes long. */
export async function findEntries(sql: Statements, turn: Turn, query: EntryQuery): Promise<readonly EntryRow[]> {
  const size = sizeOf(sql)
  const before = Math.min(query.before ?? size, size)
  const indexed = INDEXED.filter(([field]) => query[field] !== undefined)
  const used = [...indexed, ...OTHERS.filter(([field]) => query[field] !== undefined)]
  const statement = sql.of(textOf(used, indexed.length > 0))
  const values = used.map(([field]) => query[field] as SQLInputValue)
  const found: EntryRow[] = []
  const bits = indexed.length > 0 ? RUN_BITS : SCAN_BITS
  const newest = Math.floor((before - 1) / 2 ** bits)
  for (let run = newest; run >= 0 && found.length < query.limit; run--) {
    const rows = statement.all(...bounds(run, indexed.length > 0), ...values, before, query.limit - found.length)
    for (const row of rows as SqlRow[]) found.push(entryRow(row))
    await turn.giveWay()
  }
  return found
}

function sizeOf(sql: Statements): number {
  return (sql.of("SELECT size FROM log_head WHERE id = 1").get() as SqlRow | undefined)?.["size"] as number
}

function bounds(run: number, indexed: boolean): readonly number[] {
  return indexed ? [run] : [run * 2 ** SCAN_BITS, (run + 1) * 2 ** SCAN_BITS]
}

function textOf(used: readonly (readonly [string, string])[], indexed: boolean): string {
  const conditions = [indexed ? `idx >> ${RUN_BITS} = ?` : "idx >= ? AND idx < ?", ...used.map(([, text]) => text)]
  return `SELECT * FROM security_audit_log WHERE ${conditions.join(" AND ")} AND idx < ? ORDER BY idx DESC LIMIT ?`
}
