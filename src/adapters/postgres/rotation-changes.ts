import type { Client } from "pg"
import type { Change, ChangeOf, RotationOutcome } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import { refuseIf, requireOne, run } from "./run.ts"

type RotationChange =
  | "putSchedule"
  | "addRotation"
  | "leaseRotation"
  | "keepRotation"
  | "markRotated"
  | "settleRotation"
  | "cancelRotation"
  | "pruneRotations"

type Apply = { readonly [K in RotationChange & Change["kind"]]: (db: Client, change: ChangeOf<K>) => Promise<void> }

export const rotationChanges: Apply = {
  async putSchedule(db, { row, expectedRevision }) {
    const there = "SELECT 1 FROM secret WHERE id = $1 AND deletion_at IS NULL"
    await requireOne(db, "gone", there, [row.secretId])
    const found = await db.query<{ revision: number }>({
      name: "scheduleRevision",
      text: "SELECT revision FROM secret_rotation_schedule WHERE secret_id = $1",
      values: [row.secretId],
    })
    if ((found.rows[0]?.revision ?? null) !== expectedRevision) throw new ConflictError("moved")
    await run(
      db,
      `INSERT INTO secret_rotation_schedule (secret_id, rotation_lambda_arn, rotation_days, last_rotated, next_rotation,
         enabled, created_at, strategy, expression, window_hours, admin_id, place, created_by, overdue_since, revision, mac)
       VALUES ($1, $2, $3, at_ms($4), at_ms($5), $6, at_ms($7), $8, $9, $10, $11, $12, $13, at_ms($14), $15, $16)
       ON CONFLICT (secret_id) DO UPDATE SET rotation_lambda_arn = excluded.rotation_lambda_arn,
         rotation_days = excluded.rotation_days, next_rotation = excluded.next_rotation, enabled = excluded.enabled,
         strategy = excluded.strategy, expression = excluded.expression, window_hours = excluded.window_hours,
         admin_id = excluded.admin_id, place = excluded.place, created_by = excluded.created_by,
         overdue_since = excluded.overdue_since, revision = excluded.revision, mac = excluded.mac`,
      [
        row.secretId,
        row.lambdaArn,
        row.days,
        row.lastRotated,
        row.nextRotation,
        row.enabled,
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
      ],
    )
  },

  async addRotation(db, { row, scheduleRevision }) {
    const running = "SELECT 1 FROM rotation WHERE secret_id = $1 AND state = 'running'"
    await refuseIf(db, "rotation_running", running, [row.secretId])
    const ready = `SELECT 1 FROM secret s JOIN secret_rotation_schedule r ON r.secret_id = s.id
      WHERE s.id = $1 AND s.deletion_at IS NULL AND r.revision = $2`
    await requireOne(db, "moved", ready, [row.secretId, scheduleRevision])
    await run(
      db,
      `INSERT INTO rotation (id, secret_id, version_id, strategy, lambda_arn, cause, started_by, revoke, state, step,
         attempts, started_at, due_at, fence, revision)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, at_ms($12), at_ms($13), $14, $15)`,
      [
        row.id,
        row.secretId,
        row.versionId,
        row.strategy,
        row.lambdaArn,
        row.cause,
        row.startedBy,
        row.revoke,
        row.state,
        row.step,
        row.attempts,
        row.startedAt,
        row.dueAt,
        row.fence,
        row.revision,
      ],
    )
  },

  async leaseRotation(db, { id, lease, now, until }) {
    const take = `UPDATE rotation SET lease = $2, leased_until = at_ms($3), fence = fence + 1, revision = revision + 1
      WHERE id = $1 AND state = 'running' AND (lease IS NULL OR leased_until <= at_ms($4))`
    await requireOne(db, "gone", take, [id, lease, until, now])
  },

  async keepRotation(db, { id, lease, until, step, versionId, fromVersion }) {
    const keep = `UPDATE rotation SET leased_until = at_ms($3),
        attempts = CASE WHEN step = $4 THEN attempts ELSE 0 END, fault = CASE WHEN step = $4 THEN fault END,
        revision = revision + CASE WHEN step = $4 THEN 0 ELSE 1 END, step = $4,
        version_id = coalesce($5, version_id), from_version = coalesce($6, from_version)
      WHERE id = $1 AND lease = $2 AND state = 'running'`
    await requireOne(db, "gone", keep, [id, lease, until, step, versionId ?? null, fromVersion ?? null])
  },

  async markRotated(db, { secretId, at, nextRotation }) {
    const rotated = `UPDATE secret_rotation_schedule SET last_rotated = at_ms($2), next_rotation = at_ms($3),
      overdue_since = NULL, revision = revision + 1 WHERE secret_id = $1`
    await run(db, rotated, [secretId, at, nextRotation])
    await run(db, "UPDATE secret SET rotation_due_since = NULL WHERE id = $1", [secretId])
  },

  async settleRotation(db, { id, lease, at, outcome }) {
    const secretId = await ended(db, id, lease, at, outcome)
    if ("retryAt" in outcome || outcome.state === "done") return
    const failed = `UPDATE secret_rotation_schedule
      SET overdue_since = coalesce(overdue_since, least(next_rotation, at_ms($2))), next_rotation = at_ms($3),
        revision = revision + 1
      WHERE secret_id = $1`
    await run(db, failed, [secretId, at, outcome.nextRotation])
  },

  async cancelRotation(db, { id, at, nextRotation }) {
    const found = await db.query<{ secret_id: string; step: string; state: string }>({
      name: "rotationToCancel",
      text: "SELECT secret_id, step, state FROM rotation WHERE id = $1",
      values: [id],
    })
    const [row] = found.rows
    if (row?.state !== "running") throw new ConflictError("gone")
    if (row.step !== "create") throw new ConflictError("rotation_begun")
    await run(
      db,
      `UPDATE rotation SET state = 'cancelled', finished_at = at_ms($2), lease = NULL, leased_until = NULL,
         revision = revision + 1 WHERE id = $1`,
      [id, at],
    )
    const next =
      "UPDATE secret_rotation_schedule SET next_rotation = at_ms($2), revision = revision + 1 WHERE secret_id = $1"
    await run(db, next, [row.secret_id, nextRotation])
  },

  async pruneRotations(db, { finishedBefore, limit }) {
    const old = "SELECT id FROM rotation WHERE finished_at < at_ms($1) LIMIT $2"
    await run(db, `DELETE FROM rotation WHERE id = ANY (ARRAY (${old}))`, [finishedBefore, limit])
  },
}

/** @returns whose rotation it was */
async function ended(db: Client, id: string, lease: string, at: number, outcome: RotationOutcome): Promise<string> {
  const mine = "WHERE id = $1 AND lease = $2 AND state = 'running' RETURNING secret_id"
  const free = "lease = NULL, leased_until = NULL, revision = revision + 1"
  const done =
    "retryAt" in outcome
      ? await db.query<{ secret_id: string }>({
          name: "rotationAgain",
          text: `UPDATE rotation SET due_at = at_ms($3), attempts = $4, fault = $5, ${free} ${mine}`,
          values: [id, lease, outcome.retryAt, outcome.attempts, faultText(outcome)],
        })
      : await db.query<{ secret_id: string }>({
          name: "rotationEnded",
          text: `UPDATE rotation SET state = $3, finished_at = at_ms($4), fault = $5, ${free} ${mine}`,
          values: [id, lease, outcome.state, at, faultText(outcome)],
        })
  if (done.rows[0] === undefined) throw new ConflictError("gone")
  return done.rows[0].secret_id
}

function faultText(outcome: RotationOutcome): string | null {
  return "fault" in outcome && outcome.fault !== null ? JSON.stringify(outcome.fault) : null
}
