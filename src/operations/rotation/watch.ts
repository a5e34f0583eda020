import { TylerError } from "../../core/errors.ts"
import { nextDue } from "../../rotation/timetable.ts"
import type { OutsideRotation } from "../../secrets/outside.ts"
import type { Change } from "../../state/change.ts"
import type { ScheduleRow, SecretRow } from "../../state/rows.ts"
import { actOf } from "../act.ts"
import type { Step, View } from "../perform.ts"
import { permitFor } from "../permission.ts"
import type { Caller, Service } from "../service.ts"
import { FUNCTION_MS } from "./function-steps.ts"
import { aboutRotation } from "./rotator.ts"
import { signed } from "./genuine.ts"

const HOUR_MS = 3_600_000

/**
 * Of a secret whose schedule AWS keeps, once its hour has come: what AWS has made of it. It was rotated, or its hour is
 * another by now since somebody wrote a version, or it is overdue.
 */
export async function watched(
  on: Service,
  caller: Caller,
  view: View,
  secret: SecretRow,
  schedule: ScheduleRow,
): Promise<Step<boolean>> {
  const { functions } = on.store
  if (functions === null) throw new TylerError("not_rotatable")
  const seen = await functions.look(on, secret.name)
  const found = judged(on, schedule, seen?.rotation ?? null)
  // The look may have corrected the catalog.
  const row = (await on.reader.secretById(secret.id)) ?? secret
  const parts = { by: permitFor(on, view, "rotate", row.name), secret: row, ...found }
  const act = actOf(on, caller, view, aboutRotation(secret.name), parts)
  const { result } = found
  return { act: { ...act, entry: { ...act.entry, result } }, done: () => false }
}

interface Found {
  readonly result: "SUCCESS" | "FAILURE"
  readonly details: string
  readonly changes: readonly Change[]
}

function judged(on: Service, schedule: ScheduleRow, rotation: OutsideRotation | null): Found {
  const { secretId, lastRotated, createdAt } = schedule
  const now = on.clock.now()
  if (rotation === null || !rotation.enabled || rotation.lambdaArn !== schedule.lambdaArn)
    return { result: "FAILURE", details: "function not scheduled", changes: [later(on, schedule, now + HOUR_MS, true)] }
  const { lastRotated: at, nextRotation } = rotation
  if (at !== null && at > (lastRotated ?? createdAt)) {
    const next = nextRotation ?? nextDue(schedule, at)
    const changes = [{ kind: "markRotated" as const, secretId, at, nextRotation: next }]
    return { result: "SUCCESS", details: "function by schedule", changes }
  }
  const due = (nextRotation ?? schedule.nextRotation ?? now) + FUNCTION_MS
  if (due > now)
    return { result: "SUCCESS", details: `function due=${due}`, changes: [later(on, schedule, due, false)] }
  return { result: "FAILURE", details: `function overdue=${due}`, changes: [later(on, schedule, now + HOUR_MS, true)] }
}

function later(on: Service, schedule: ScheduleRow, nextRotation: number, overdue: boolean): Change {
  const { mac: _, ...row } = schedule
  const overdueSince = overdue ? (row.overdueSince ?? row.nextRotation) : row.overdueSince
  return {
    kind: "putSchedule",
    row: signed(on, { ...row, nextRotation, overdueSince, revision: row.revision + 1 }),
    expectedRevision: row.revision,
  }
}
