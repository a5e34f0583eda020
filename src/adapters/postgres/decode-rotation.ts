import type { SecretName } from "../../core/name.ts"
import type { VersionId } from "../../core/version.ts"
import type { RotationRow, RotationStep, ScheduleRow } from "../../state/rows.ts"
import { bytes, flag, maybeBytes, maybeNumber, maybeText, number, type SqlRow, text } from "./decode.ts"

export function scheduleRow(row: SqlRow): ScheduleRow {
  return {
    secretId: text(row, "secret_id"),
    strategy: maybeText(row, "strategy"),
    lambdaArn: maybeText(row, "rotation_lambda_arn"),
    days: maybeNumber(row, "rotation_days"),
    expression: maybeText(row, "expression"),
    windowHours: maybeNumber(row, "window_hours"),
    enabled: flag(row, "enabled"),
    adminId: maybeText(row, "admin_id"),
    place: maybeBytes(row, "place"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    lastRotated: maybeNumber(row, "last_rotated"),
    nextRotation: maybeNumber(row, "next_rotation"),
    overdueSince: maybeNumber(row, "overdue_since"),
    revision: number(row, "revision"),
    mac: bytes(row, "mac"),
  }
}

export function namedScheduleRow(row: SqlRow) {
  return { ...scheduleRow(row), name: text(row, "name") as SecretName, running: flag(row, "running") }
}

export function rotationRow(row: SqlRow): RotationRow {
  return {
    id: text(row, "id"),
    secretId: text(row, "secret_id"),
    versionId: text(row, "version_id") as VersionId,
    fromVersion: maybeText(row, "from_version") as VersionId | null,
    strategy: maybeText(row, "strategy"),
    lambdaArn: maybeText(row, "lambda_arn"),
    cause: text(row, "cause") as RotationRow["cause"],
    startedBy: text(row, "started_by"),
    revoke: flag(row, "revoke"),
    state: text(row, "state") as RotationRow["state"],
    step: text(row, "step") as RotationStep,
    attempts: number(row, "attempts"),
    startedAt: number(row, "started_at"),
    dueAt: number(row, "due_at"),
    lease: maybeText(row, "lease"),
    leasedUntil: maybeNumber(row, "leased_until"),
    fence: number(row, "fence"),
    finishedAt: maybeNumber(row, "finished_at"),
    fault: row["fault"] as RotationRow["fault"],
    revision: number(row, "revision"),
  }
}
