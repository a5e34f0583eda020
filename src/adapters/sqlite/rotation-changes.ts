import type { Change, ChangeOf, RotationOutcome } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

type RotationChange =
  | "putSchedule"
  | "addRotation"
  | "leaseRotation"
  | "keepRotation"
  | "markRotated"
  | "settleRotation"
  | "cancelRotation"
  | "pruneRotations"

type Apply = { readonly [K in RotationChange & Change["kind"]]: (sql: Statements, change: ChangeOf<K>) => void }

export const rotationChanges: Apply = {
  putSchedule(sql, { row, expectedRevision }) {
    if (!sql.of("SELECT 1 FROM secret WHERE id = ? AND deletion_at IS NULL").get(row.secretId))
      throw new ConflictError("gone")
    const found = sql.of("SELECT revision FROM secret_rotation_schedule WHERE secret_id = ?").get(row.secretId)
    if ((found?.["revision"] ?? null) !== expectedRevision) throw new ConflictError("moved")
    sql
      .of(`INSERT INTO secret_rotation_schedule (secret_id, rotation_lambda_arn, rotation_days, last_rotated, next_rotation,
             enabled, created_at, strategy, expression, window_hours, admin_id, place, created_by, overdue_since, revision, mac)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (secret_id) DO UPDATE SET rotation_lambda_arn = excluded.rotation_lambda_arn,
             rotation_days = excluded.rotation_days, next_rotation = excluded.next_rotation, enabled = excluded.enabled,
             strategy = excluded.strategy, expression = excluded.expression, window_hours = excluded.window_hours,
             admin_id = excluded.admin_id, place = excluded.place, created_by = excluded.created_by,
             overdue_since = excluded.overdue_since,
             revision = excluded.revision, mac = excluded.mac`)
      .run(
        row.secretId,
        row.lambdaArn,
        row.days,
        row.lastRotated,
        row.nextRotation,
        Number(row.enabled),
        row.createdAt,
        row.strategy,
        row.expression,
        row.windowHours,
        row.adminId,
        row.place,
        row.createdBy,
        row.overdueSince,
        row.revision,
        row.mac,
      )
  },

  addRotation(sql, { row, scheduleRevision }) {
    const running = "SELECT 1 FROM rotation WHERE secret_id = ? AND state = 'running'"
    if (sql.of(running).get(row.secretId)) throw new ConflictError("rotation_running")
    const ready = sql.of(`SELECT 1 FROM secret s JOIN secret_rotation_schedule r ON r.secret_id = s.id
      WHERE s.id = ? AND s.deletion_at IS NULL AND r.revision = ?`)
    if (!ready.get(row.secretId, scheduleRevision)) throw new ConflictError("moved")
    sql
      .of(`INSERT INTO rotation (id, secret_id, version_id, strategy, lambda_arn, cause, started_by, revoke, state, step,
             attempts, started_at, due_at, fence, revision)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        row.id,
        row.secretId,
        row.versionId,
        row.strategy,
        row.lambdaArn,
        row.cause,
        row.startedBy,
        Number(row.revoke),
        row.state,
        row.step,
        row.attempts,
        row.startedAt,
        row.dueAt,
        row.fence,
        row.revision,
      )
  },

  leaseRotation(sql, { id, lease, now, until }) {
    const done = sql
      .of(`UPDATE rotation SET lease = ?, leased_until = ?, fence = fence + 1, revision = revision + 1
           WHERE id = ? AND state = 'running' AND (lease IS NULL OR leased_until <= ?)`)
      .run(lease, until, id, now)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  keepRotation(sql, { id, lease, until, step, versionId, fromVersion }) {
    const done = sql
      .of(`UPDATE rotation SET leased_until = ?1, attempts = iif(step = ?2, attempts, 0), fault = iif(step = ?2, fault, NULL),
             revision = revision + iif(step = ?2, 0, 1), step = ?2, version_id = coalesce(?5, version_id),
             from_version = coalesce(?6, from_version)
           WHERE id = ?3 AND lease = ?4 AND state = 'running'`)
      .run(until, step, id, lease, versionId ?? null, fromVersion ?? null)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  markRotated(sql, { secretId, at, nextRotation }) {
    sql
      .of(`UPDATE secret_rotation_schedule SET last_rotated = ?, next_rotation = ?, overdue_since = NULL,
             revision = revision + 1
           WHERE secret_id = ?`)
      .run(at, nextRotation, secretId)
    sql.of("UPDATE secret SET rotation_due_since = NULL WHERE id = ?").run(secretId)
  },

  settleRotation(sql, { id, lease, at, outcome }) {
    const secretId = ended(sql, id, lease, at, outcome)
    if ("retryAt" in outcome || outcome.state === "done") return
    sql
      .of(`UPDATE secret_rotation_schedule SET overdue_since = coalesce(overdue_since, min(next_rotation, ?1), ?1),
             next_rotation = ?2, revision = revision + 1
           WHERE secret_id = ?3`)
      .run(at, outcome.nextRotation, secretId)
  },

  cancelRotation(sql, { id, at, nextRotation }) {
    const row = sql.of("SELECT secret_id, step, state FROM rotation WHERE id = ?").get(id)
    if (row?.["state"] !== "running") throw new ConflictError("gone")
    if (row["step"] !== "create") throw new ConflictError("rotation_begun")
    sql
      .of(`UPDATE rotation SET state = 'cancelled', finished_at = ?, lease = NULL, leased_until = NULL,
             revision = revision + 1 WHERE id = ?`)
      .run(at, id)
    sql
      .of("UPDATE secret_rotation_schedule SET next_rotation = ?, revision = revision + 1 WHERE secret_id = ?")
      .run(nextRotation, row["secret_id"] as string)
  },

  pruneRotations(sql, { finishedBefore, limit }) {
    sql
      .of("DELETE FROM rotation WHERE id IN (SELECT id FROM rotation WHERE finished_at < ? LIMIT ?)")
      .run(finishedBefore, limit)
  },
}

/** @returns whose rotation it was */
function ended(sql: Statements, id: string, lease: string, at: number, outcome: RotationOutcome): string {
  const mine = "WHERE id = ? AND lease = ? AND state = 'running' RETURNING secret_id"
  const free = "lease = NULL, leased_until = NULL, revision = revision + 1"
  const row =
    "retryAt" in outcome
      ? sql
          .of(`UPDATE rotation SET due_at = ?, attempts = ?, fault = ?, ${free} ${mine}`)
          .get(outcome.retryAt, outcome.attempts, faultText(outcome), id, lease)
      : sql
          .of(`UPDATE rotation SET state = ?, finished_at = ?, fault = ?, ${free} ${mine}`)
          .get(outcome.state, at, faultText(outcome), id, lease)
  if (row === undefined) throw new ConflictError("gone")
  return row["secret_id"] as string
}

function faultText(outcome: RotationOutcome): string | null {
  return "fault" in outcome && outcome.fault !== null ? JSON.stringify(outcome.fault) : null
}
