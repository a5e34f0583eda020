import { commitmentOf } from "../../audit/canonical.ts"
import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import { erasureRow, type SqlRow } from "./decode.ts"
import { forgetRetained } from "./retention.ts"
import type { Statements } from "./statements.ts"

/** The audit indexes begin with `idx >> 8`: see migrations. */
const RUN = 256

/** Runs that one change looks at, so that a person with few entries in a long log holds up nobody: 20 ms (measured). */
const RUNS = 4_096

/** What is kept of a person beside the entries: table and the column that names whose. */
const OWNED: readonly (readonly [table: string, column: string])[] = [
  ["credential", "principal_id"],
  ["factor", "principal_id"],
  ["access_grant", "principal_id"],
  ["external_identity", "principal_id"],
  ["quota_use", "principal_id"],
  ["quota_use_of_person", "principal_id"],
]

const NOTHING = new Uint8Array(0)

/** @throws ConflictError for somebody held, or whose erasure was ordered before. */
function refuseErasure(sql: Statements, personId: string): void {
  if (sql.of("SELECT 1 FROM legal_hold WHERE person_id = ?").get(personId)) throw new ConflictError("held")
  if (sql.of("SELECT 1 FROM erasure WHERE person_id = ?").get(personId)) throw new ConflictError("gone")
}

/**
 * Notices to the person go, and so do addresses that were written to; in those to others the name becomes `erased`. To be
 * called while the row still has name and address.
 */
export function eraseNotices(sql: Statements, personId: string): void {
  const person = sql.of("SELECT name, email FROM principal WHERE id = ?").get(personId)
  sql
    .of(`DELETE FROM notification WHERE recipient = ?1 OR recipient = 'mailto:' || ?2
           OR (recipient LIKE 'mailto:%' AND settled_at IS NOT NULL)`)
    .run(personId, (person?.["email"] ?? null) as string | null)
  const name = JSON.stringify(person?.["name"] ?? "")
  sql.of(`UPDATE notification SET facts = replace(facts, ?1, '"erased"') WHERE instr(facts, ?1) > 0`).run(name)
}

/** All but the principal's row as such, which is another by now. @param order the number of the ERASE entry. */
export function erasePerson(sql: Statements, change: ChangeOf<"erasePerson">, order: number): void {
  const { row, orderedAt, limit } = change
  const done = sql
    .of("UPDATE erasure SET order_index = ?, ordered_at = ? WHERE person_id = ? AND order_index IS NULL")
    .run(order, orderedAt, row.id)
  if (done.changes !== 1) throw new ConflictError("gone")
  sql.of("UPDATE principal SET name = ? WHERE id = ?").run(row.name, row.id)
  for (const [table, column] of OWNED) sql.of(`DELETE FROM ${table} WHERE ${column} = ?`).run(row.id)
  sql.of("UPDATE access_request SET reason = NULL WHERE requester_id = ?").run(row.id)
  eraseSome(sql, row.id, limit)
}

export const erasureChanges = {
  orderErasure(sql: Statements, change: ChangeOf<"orderErasure">): void {
    const { personId, requestId, expectedEpoch, orderedAt } = change
    refuseErasure(sql, personId)
    const person = sql.of("SELECT 1 FROM principal WHERE id = ? AND epoch = ? AND disabled = 1")
    if (!person.get(personId, expectedEpoch)) throw new ConflictError("gone")
    sql
      .of(`INSERT INTO erasure (person_id, request_id, order_index, next_index, ordered_at, finished)
           VALUES (?, ?, NULL, 0, ?, 0)`)
      .run(personId, requestId, orderedAt)
  },

  eraseEntries(sql: Statements, { personId, limit }: ChangeOf<"eraseEntries">): void {
    if (!eraseSome(sql, personId, limit)) throw new ConflictError("gone")
  },

  renewErasure(sql: Statements, { personId }: ChangeOf<"renewErasure">, order: number): void {
    const done = sql
      .of(`UPDATE erasure SET next_index = order_index, order_index = ?
           WHERE person_id = ? AND NOT finished AND next_index = order_index`)
      .run(order, personId)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  finishErasure(sql: Statements, { personId }: ChangeOf<"finishErasure">): void {
    const erasure = underWay(sql, personId)
    if (erasure === undefined || erasure.nextIndex !== erasure.orderIndex) throw new ConflictError("gone")
    if (standsAfter(sql, personId, erasure.nextIndex)) throw new ConflictError("gone")
    sql.of("UPDATE erasure SET finished = 1 WHERE person_id = ?").run(personId)
  },

  holdPerson(sql: Statements, { row }: ChangeOf<"holdPerson">): void {
    refuseErasure(sql, row.personId)
    sql
      .of("INSERT INTO legal_hold (person_id, held_by, held_at) VALUES (?, ?, ?)")
      .run(row.personId, row.heldBy, row.heldAt)
  },

  releasePerson(sql: Statements, { personId }: ChangeOf<"releasePerson">): void {
    const done = sql.of("DELETE FROM legal_hold WHERE person_id = ?").run(personId)
    if (done.changes !== 1) throw new ConflictError("gone")
    forgetRetained(sql)
  },
}

function underWay(sql: Statements, personId: string): ReturnType<typeof erasureRow> | undefined {
  const row = sql.of("SELECT * FROM erasure WHERE person_id = ? AND NOT finished").get(personId)
  return row && erasureRow(row)
}

/** False if nothing was left to do. */
function eraseSome(sql: Statements, personId: string, limit: number): boolean {
  const erasure = underWay(sql, personId)
  if (erasure === undefined) return false
  const { orderIndex, nextIndex } = erasure
  if (orderIndex === null || nextIndex >= orderIndex) return false
  let at = nextIndex
  let left = limit
  for (let runs = 0; at < orderIndex && left > 0 && runs < RUNS; runs++) {
    const rows = sql.of(WHOLE).all(Math.floor(at / RUN), personId, at, orderIndex, left) as SqlRow[]
    for (const row of rows) eraseEntry(sql, row, orderIndex)
    const full = rows.length === left
    left -= rows.length
    at = full ? (rows.at(-1)?.["idx"] as number) + 1 : (Math.floor(at / RUN) + 1) * RUN
  }
  sql.of("UPDATE erasure SET next_index = ? WHERE person_id = ?").run(Math.min(at, orderIndex), personId)
  return true
}

const WHOLE = `SELECT idx, salt, username, ip_address, user_agent, reason FROM security_audit_log
  WHERE idx >> 8 = ? AND user_id = ? AND idx >= ? AND idx < ? AND erased_by IS NULL ORDER BY idx LIMIT ?`

/** An entry that was tampered with gets the commitment of what stands there, so that it is still found by its leaf. */
function eraseEntry(sql: Statements, row: SqlRow, order: number): void {
  const text = (column: string): string | null => (row[column] ?? null) as string | null
  const commitment = commitmentOf((row["salt"] ?? NOTHING) as Uint8Array, {
    username: text("username"),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    reason: text("reason"),
  })
  sql
    .of(`UPDATE security_audit_log SET salt = NULL, username = NULL, ip_address = NULL, user_agent = NULL,
           reason = NULL, erased_by = ?, commitment = ? WHERE idx = ?`)
    .run(order, commitment, row["idx"] as number)
}

function standsAfter(sql: Statements, personId: string, order: number): boolean {
  const newest = sql.of("SELECT max(idx) AS idx FROM security_audit_log").get() as { idx: number }
  const whole = sql.of(WHOLE)
  for (let at = order; at <= newest.idx; at = (Math.floor(at / RUN) + 1) * RUN)
    if (whole.get(Math.floor(at / RUN), personId, at, newest.idx + 1, 1)) return true
  return false
}
