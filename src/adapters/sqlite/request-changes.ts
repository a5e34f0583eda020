import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

/** Requests, what others said of them, and the leases that come of it. */
export const requestChanges = {
  addRequest(sql: Statements, { row, mostOpen }: ChangeOf<"addRequest">): void {
    if (mostOpen !== null) {
      const open = sql
        .of("SELECT count(*) AS n FROM access_request WHERE requester_id = ? AND state = 'pending' AND expires_at > ?")
        .get(row.requesterId, mostOpen.now) as { n: number }
      if (open.n >= mostOpen.count) throw new ConflictError("moved")
    }
    sql
      .of(`INSERT INTO access_request (id, kind, requester_id, verb, targets, change, reason, facts, digest, minutes,
             uses, stepped_up, needed, created_at, expires_at, effective_at, state, decided_at, revision, mac)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
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
        Number(row.steppedUp),
        row.needed,
        row.createdAt,
        row.expiresAt,
        row.effectiveAt,
        row.state,
        row.decidedAt,
        row.revision,
        row.mac,
      )
  },

  putRequest(sql: Statements, { row, expectedRevision }: ChangeOf<"putRequest">): void {
    const done = sql
      .of("UPDATE access_request SET state = ?, decided_at = ?, revision = ?, mac = ? WHERE id = ? AND revision = ?")
      .run(row.state, row.decidedAt, row.revision, row.mac, row.id, expectedRevision)
    if (done.changes !== 1) throw new ConflictError("moved")
  },

  addDecision(sql: Statements, { row }: ChangeOf<"addDecision">): void {
    const done = sql
      .of(`INSERT OR IGNORE INTO access_decision (request_id, approver_id, verdict, decided_at, mac)
           VALUES (?, ?, ?, ?, ?)`)
      .run(row.requestId, row.approverId, row.verdict, row.decidedAt, row.mac)
    if (done.changes !== 1) throw new ConflictError("used")
  },

  addGrant(sql: Statements, { row, holderEpoch }: ChangeOf<"addGrant">): void {
    const holder = sql.of("SELECT 1 FROM principal WHERE id = ? AND epoch = ? AND disabled = 0")
    if (!holder.get(row.principalId, holderEpoch)) throw new ConflictError("gone")
    sql
      .of(`INSERT INTO access_grant (id, request_id, principal_id, secret_id, verb, approvals, stepped_up, uses_left,
             created_at, expires_at, revision, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        row.id,
        row.requestId,
        row.principalId,
        row.secretId,
        row.verb,
        row.approvals,
        Number(row.steppedUp),
        row.usesLeft,
        row.createdAt,
        row.expiresAt,
        row.revision,
        row.mac,
      )
  },

  putGrant(sql: Statements, { row, expectedRevision }: ChangeOf<"putGrant">): void {
    const done = sql
      .of("UPDATE access_grant SET uses_left = ?, revision = ?, mac = ? WHERE id = ? AND revision = ?")
      .run(row.usesLeft, row.revision, row.mac, row.id, expectedRevision)
    if (done.changes !== 1) throw new ConflictError("moved")
  },

  removeGrant(sql: Statements, { id }: ChangeOf<"removeGrant">): void {
    if (sql.of("DELETE FROM access_grant WHERE id = ?").run(id).changes !== 1) throw new ConflictError("gone")
  },

  removeGrantsOf(sql: Statements, { principalId }: ChangeOf<"removeGrantsOf">): void {
    sql.of("DELETE FROM access_grant WHERE principal_id = ?").run(principalId)
  },

  pruneLeases(sql: Statements, { expiredBefore, limit }: ChangeOf<"pruneLeases">): void {
    for (const table of ["used_once", "access_grant"])
      sql
        .of(`DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE expires_at < ? LIMIT ?)`)
        .run(expiredBefore, limit)
  },
}
