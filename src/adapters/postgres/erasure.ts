import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import { forgetRetained } from "./retention.ts"

/** What is kept of a person beside the entries: table and the column that names whose. */
const OWNED: readonly (readonly [table: string, column: string])[] = [
  ["credential", "principal_id"],
  ["factor", "principal_id"],
  ["access_grant", "principal_id"],
  ["external_identity", "principal_id"],
  ["quota_use", "principal_id"],
]

/** @throws ConflictError for somebody held, or whose erasure was ordered before. */
async function refuseErasure(db: Client, personId: string): Promise<void> {
  if (await any(db, "SELECT 1 FROM legal_hold WHERE person_id = $1", personId)) throw new ConflictError("held")
  if (await any(db, "SELECT 1 FROM erasure WHERE person_id = $1", personId)) throw new ConflictError("gone")
}

/**
 * Notices to the person go, and so do addresses that were written to; in those to others the name becomes `erased`. To be
 * called while the row still has name and address.
 */
export async function eraseNotices(db: Client, personId: string): Promise<void> {
  await db.query(
    `DELETE FROM notification WHERE recipient = $1 OR (recipient LIKE 'mailto:%' AND settled_at IS NOT NULL)
       OR recipient = (SELECT 'mailto:' || email FROM principal WHERE id = $1)`,
    [personId],
  )
  await db.query(
    `UPDATE notification SET facts = replace(facts::text, p.quoted, '"erased"')::json
     FROM (SELECT to_json(name)::text AS quoted FROM principal WHERE id = $1) p
     WHERE strpos(facts::text, p.quoted) > 0`,
    [personId],
  )
}

/** All but the principal's row as such, which is another by now. @param order the number of the ERASE entry. */
export async function erasePerson(db: Client, change: ChangeOf<"erasePerson">, order: number): Promise<void> {
  const { row, orderedAt, limit } = change
  const place = `UPDATE erasure SET order_index = $2, ordered_at = at_ms($3)
    WHERE person_id = $1 AND order_index IS NULL`
  if (!(await any(db, place, row.id, order, orderedAt))) throw new ConflictError("gone")
  await db.query("UPDATE principal SET name = $2 WHERE id = $1", [row.id, row.name])
  for (const [table, column] of OWNED) await db.query(`DELETE FROM ${table} WHERE ${column} = $1`, [row.id])
  await db.query("UPDATE access_request SET reason = NULL WHERE requester_id = $1", [row.id])
  await eraseSome(db, row.id, limit)
}

export const erasureChanges = {
  async orderErasure(db: Client, change: ChangeOf<"orderErasure">): Promise<void> {
    const { personId, requestId, expectedEpoch, orderedAt } = change
    await refuseErasure(db, personId)
    const person = "SELECT 1 FROM principal WHERE id = $1 AND epoch = $2 AND disabled"
    if (!(await any(db, person, personId, expectedEpoch))) throw new ConflictError("gone")
    await db.query(
      `INSERT INTO erasure (person_id, request_id, order_index, next_index, ordered_at, finished)
       VALUES ($1, $2, NULL, 0, at_ms($3), false)`,
      [personId, requestId, orderedAt],
    )
  },

  async eraseEntries(db: Client, { personId, limit }: ChangeOf<"eraseEntries">): Promise<void> {
    if (!(await eraseSome(db, personId, limit))) throw new ConflictError("gone")
  },

  async renewErasure(db: Client, { personId }: ChangeOf<"renewErasure">, order: number): Promise<void> {
    const renew = `UPDATE erasure SET next_index = order_index, order_index = $2
      WHERE person_id = $1 AND NOT finished AND next_index = order_index`
    if (!(await any(db, renew, personId, order))) throw new ConflictError("gone")
  },

  async finishErasure(db: Client, { personId }: ChangeOf<"finishErasure">): Promise<void> {
    const finish = `UPDATE erasure SET finished = true
      WHERE person_id = $1 AND NOT finished AND next_index = order_index
        AND NOT EXISTS (SELECT 1 FROM security_audit_log
          WHERE user_id = $1 AND idx > erasure.order_index AND erased_by IS NULL)`
    if (!(await any(db, finish, personId))) throw new ConflictError("gone")
  },

  async holdPerson(db: Client, { row }: ChangeOf<"holdPerson">): Promise<void> {
    await refuseErasure(db, row.personId)
    await db.query("INSERT INTO legal_hold (person_id, held_by, held_at) VALUES ($1, $2, at_ms($3))", [
      row.personId,
      row.heldBy,
      row.heldAt,
    ])
  },

  async releasePerson(db: Client, { personId }: ChangeOf<"releasePerson">): Promise<void> {
    if (!(await any(db, "DELETE FROM legal_hold WHERE person_id = $1", personId))) throw new ConflictError("gone")
    await forgetRetained(db)
  },
}

/** A field of a commitment as spec/audit-log.md encodes it. */
const field = (column: string): string =>
  `coalesce(int4send(octet_length(convert_to(${column}, 'UTF8'))) || convert_to(${column}, 'UTF8'), '\\xffffffff')`

/** An entry that was tampered with gets the commitment of what stands there, so that it is still found by its leaf. */
const COMMITMENT = `sha256(coalesce(salt, '') || ${["username", "ip_text", "user_agent", "reason"].map(field).join(" || ")})`

const ERASE_SOME = `WITH erased AS (
    UPDATE security_audit_log SET commitment = ${COMMITMENT}, erased_by = $2, salt = NULL, username = NULL,
      ip_text = NULL, user_agent = NULL, reason = NULL
    WHERE idx = ANY (ARRAY (SELECT idx FROM security_audit_log
      WHERE user_id = $1 AND idx >= $3 AND idx < $2 AND erased_by IS NULL ORDER BY idx LIMIT $4))
    RETURNING idx)
  UPDATE erasure SET next_index = (SELECT CASE WHEN count(*) < $4 THEN $2 ELSE max(idx) + 1 END FROM erased)
  WHERE person_id = $1`

/** False if nothing was left to do. */
async function eraseSome(db: Client, personId: string, limit: number): Promise<boolean> {
  const { rows } = await db.query<{ order_index: number; next_index: number }>(
    "SELECT order_index, next_index FROM erasure WHERE person_id = $1 AND NOT finished AND order_index IS NOT NULL",
    [personId],
  )
  const [at] = rows
  if (at === undefined || at.next_index >= at.order_index) return false
  await db.query(ERASE_SOME, [personId, at.order_index, at.next_index, limit])
  return true
}

async function any(db: Client, text: string, ...values: readonly unknown[]): Promise<boolean> {
  return ((await db.query(text, [...values])).rowCount ?? 0) > 0
}
