import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import { requireOne, run } from "./run.ts"

/** Requests, what others said of them, and the leases that come of it. */
export const requestChanges = {
  async addRequest(db: Client, { row, mostOpen }: ChangeOf<"addRequest">): Promise<void> {
    if (mostOpen !== null) {
      const count = `SELECT 1 WHERE (SELECT count(*) FROM access_request
        WHERE requester_id = $1 AND state = 'pending' AND expires_at > at_ms($2)) < $3`
      await requireOne(db, "moved", count, [row.requesterId, mostOpen.now, mostOpen.count])
    }
    await run(
      db,
      `INSERT INTO access_request (id, kind, requester_id, verb, targets, change, reason, facts, digest, minutes, uses,
         stepped_up, needed, created_at, expires_at, effective_at, state, decided_at, revision, mac)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, at_ms($14), at_ms($15), at_ms($16), $17,
         at_ms($18), $19, $20)`,
      [
        row.id,
        row.kind,
        row.requesterId,
        row.verb,
        JSON.stringify(row.targets),
        row.change,
        row.reason,
        row.facts,
        row.digest,
        row.minutes,
        row.uses,
        row.steppedUp,
        row.needed,
        row.createdAt,
        row.expiresAt,
        row.effectiveAt,
        row.state,
        row.decidedAt,
        row.revision,
        row.mac,
      ],
    )
  },

  putRequest(db: Client, { row, expectedRevision }: ChangeOf<"putRequest">): Promise<void> {
    const put = `UPDATE access_request SET state = $3, decided_at = at_ms($4), revision = $5, mac = $6
      WHERE id = $1 AND revision = $2`
    return requireOne(db, "moved", put, [row.id, expectedRevision, row.state, row.decidedAt, row.revision, row.mac])
  },

  addDecision(db: Client, { row }: ChangeOf<"addDecision">): Promise<void> {
    const add = `INSERT INTO access_decision (request_id, approver_id, verdict, decided_at, mac)
      VALUES ($1, $2, $3, at_ms($4), $5) ON CONFLICT DO NOTHING`
    return requireOne(db, "used", add, [row.requestId, row.approverId, row.verdict, row.decidedAt, row.mac])
  },

  async addGrant(db: Client, { row, holderEpoch }: ChangeOf<"addGrant">): Promise<void> {
    const holder = "SELECT 1 FROM principal WHERE id = $1 AND epoch = $2 AND NOT disabled"
    await requireOne(db, "gone", holder, [row.principalId, holderEpoch])
    await run(
      db,
      `INSERT INTO access_grant (id, request_id, principal_id, secret_id, verb, approvals, stepped_up, uses_left,
         created_at, expires_at, revision, mac)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, at_ms($9), at_ms($10), $11, $12)`,
      [
        row.id,
        row.requestId,
        row.principalId,
        row.secretId,
        row.verb,
        row.approvals,
        row.steppedUp,
        row.usesLeft,
        row.createdAt,
        row.expiresAt,
        row.revision,
        row.mac,
      ],
    )
  },

  putGrant(db: Client, { row, expectedRevision }: ChangeOf<"putGrant">): Promise<void> {
    const put = "UPDATE access_grant SET uses_left = $3, revision = $4, mac = $5 WHERE id = $1 AND revision = $2"
    return requireOne(db, "moved", put, [row.id, expectedRevision, row.usesLeft, row.revision, row.mac])
  },

  removeGrant(db: Client, { id }: ChangeOf<"removeGrant">): Promise<void> {
    return requireOne(db, "gone", "DELETE FROM access_grant WHERE id = $1", [id])
  },

  async removeGrantsOf(db: Client, { principalId }: ChangeOf<"removeGrantsOf">): Promise<void> {
    await run(db, "DELETE FROM access_grant WHERE principal_id = $1", [principalId])
  },

  async pruneLeases(db: Client, { expiredBefore, limit }: ChangeOf<"pruneLeases">): Promise<void> {
    for (const table of ["used_once", "access_grant"])
      await run(
        db,
        `DELETE FROM ${table} WHERE id = ANY (ARRAY
           (SELECT id FROM ${table} WHERE expires_at < at_ms($1) LIMIT $2))`,
        [expiredBefore, limit],
      )
  },
}
