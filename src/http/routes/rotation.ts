import { parseBody } from "../../api/parse.ts"
import {
  CancelBody,
  parseRotationQuery,
  parseSchedule,
  parseSchedulesQuery,
  RotateBody,
  type RotationAnswer,
} from "../../api/rotation.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { cancelRotation } from "../../operations/rotation/cancel.ts"
import { checkRotation } from "../../operations/rotation/check.ts"
import { type Plan, setSchedule } from "../../operations/rotation/schedule.ts"
import { startRotation } from "../../operations/rotation/start.ts"
import { listSchedules, markOf, rotationStatus } from "../../operations/rotation/status.ts"
import type { RotationRow, ScheduleRow } from "../../state/rows.ts"
import { acceptReason, idempotencyKey } from "../accept.ts"
import { cursorOf, cursorText } from "../cursor.ts"
import { nameInPath } from "../lift.ts"
import type { Call, Handler } from "./handlers.ts"

export const rotationRoutes = {
  "POST /api/secrets/{name}/rotate": async (call) => {
    const name = nameOf(call)
    const { service, rotation } = call.wiring
    const given = parseBody(RotateBody, call.body ?? {})
    const started = await startRotation(service, call.caller, {
      name,
      reason: reasonOf(given.reason),
      lambdaArn: given.lambdaArn ?? null,
      enable: false,
      revokePrevious: given.revokePrevious ?? false,
      idempotencyKey: idempotencyKey(call.request),
    })
    rotation.wake()
    return { status: 202, body: { message: "Rotation started", ...started } }
  },

  "POST /api/secrets/{name}/check-rotation": async (call) => {
    const { service, rotation } = call.wiring
    const checked = await checkRotation(service, rotation.rotating, call.caller, { name: nameOf(call) })
    return { status: 200, body: { message: "The secret can be rotated", ...checked } }
  },

  "POST /api/secrets/{name}/cancel-rotation": async (call) => {
    const name = nameOf(call)
    const { reason } = parseBody(CancelBody, call.body ?? {})
    const cancelled = await cancelRotation(call.wiring.service, call.caller, { name, reason: reasonOf(reason) })
    return { status: 200, body: { message: "Rotation cancelled", ...cancelled } }
  },

  "GET /api/secrets/{name}/rotation": async (call) => {
    const query = parseRotationQuery(call.request.query)
    const { name, schedule, rotations } = await rotationStatus(call.wiring.service, call.caller, {
      name: nameOf(call),
      ...query,
    })
    const [newest] = rotations
    const body: RotationAnswer = {
      name,
      ...scheduleAnswer(schedule),
      state: stateOf(schedule, newest),
      seen: markOf(newest),
      rotations: rotations.map(rotationAnswer),
    }
    return { status: 200, body }
  },

  "POST /api/secrets/{name}/schedule": async (call) => {
    const name = nameOf(call)
    const { days, expression, windowHours, strategy, lambdaArn, enabled } = parseSchedule(call.body)
    const { service, rotation } = call.wiring
    const plan: Plan = {
      strategy: strategy ?? null,
      lambdaArn: lambdaArn ?? null,
      days: days ?? null,
      expression: expression ?? null,
      windowHours: windowHours ?? null,
      enabled,
    }
    const { arn, nextRotation } = await setSchedule(service, rotation.rotating, call.caller, { name }, () => plan)
    return { status: 200, body: { message: "Rotation scheduled", arn, name, nextRotation: timeOf(nextRotation) } }
  },

  "GET /api/rotations": async ({ wiring, caller, request }) => {
    const { cursor, limit } = parseSchedulesQuery(request.query)
    const { schedules, next } = await listSchedules(wiring.service, caller, cursorText(cursor), limit)
    return {
      status: 200,
      body: {
        schedules: schedules.map((row) => ({ name: row.name, ...scheduleAnswer(row), running: row.running })),
        nextCursor: next === null ? null : cursorOf(next),
      },
    }
  },
} satisfies Record<string, Handler>

function nameOf(call: Call) {
  return nameInPath(call.request.raw, call.wiring.service.settings.nameLimit)
}

function reasonOf(reason: string | undefined) {
  return reason === undefined ? null : acceptReason(reason, REASON_MIN)
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function stateOf(schedule: ScheduleRow | undefined, newest: RotationRow | undefined): RotationAnswer["state"] {
  if (newest?.state === "running") return "running"
  if (schedule === undefined) return "not_configured"
  return newest?.state === "failed" ? "failed" : "idle"
}

function scheduleAnswer(row: ScheduleRow | undefined) {
  const { strategy = null, lambdaArn = null, days = null, expression = null, windowHours = null } = row ?? {}
  return {
    strategy,
    lambdaArn,
    enabled: row?.enabled ?? false,
    days,
    expression,
    windowHours,
    lastRotated: timeOf(row?.lastRotated ?? null),
    nextRotation: timeOf(row?.enabled === true ? row.nextRotation : null),
    overdueSince: timeOf(row?.overdueSince ?? null),
  }
}

function rotationAnswer(row: RotationRow) {
  const { versionId, strategy, lambdaArn, cause, startedBy, revoke, state, step, attempts, fault } = row
  return {
    rotationId: row.id,
    versionId,
    strategy,
    lambdaArn,
    cause,
    startedBy,
    revokePrevious: revoke,
    state,
    step,
    attempts,
    startedAt: new Date(row.startedAt).toISOString(),
    dueAt: new Date(row.dueAt).toISOString(),
    finishedAt: timeOf(row.finishedAt),
    fault,
  }
}
