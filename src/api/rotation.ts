import { type Static, Type } from "./schema.ts"
import { AnyVersionId, Id, Name, orNull, Reason, strict, Time, VersionId } from "./fields.ts"
import { Limit, parseLimit } from "./page.ts"
import { invalidField, parseBody, parseQuery } from "./parse.ts"

const LambdaArn = Type.String({ minLength: 1, maxLength: 2048 })
const Strategy = Type.String({ minLength: 1, maxLength: 64 })

/** `POST .../rotate` -> 202. */
export const RotateBody = strict({
  reason: Type.Optional(Reason),
  lambdaArn: Type.Optional(LambdaArn),
  revokePrevious: Type.Optional(Type.Boolean()),
})
export const RotateAnswer = strict({
  message: Type.String({ maxLength: 500 }),
  arn: Type.String({ maxLength: 2048 }),
  name: Name,
  versionId: VersionId,
  rotationId: Id,
})

/** `POST .../check-rotation`. */
export const CheckedAnswer = strict({
  message: Type.String({ maxLength: 500 }),
  arn: Type.String({ maxLength: 2048 }),
  name: Name,
  strategy: Strategy,
})

/** `POST .../cancel-rotation`. */
export const CancelBody = strict({ reason: Type.Optional(Reason) })
export const CancelledAnswer = strict({
  message: Type.String({ maxLength: 500 }),
  arn: Type.String({ maxLength: 2048 }),
  name: Name,
  rotationId: Id,
})

/** `POST .../schedule`, read with `parseSchedule`. */
export const ScheduleBody = strict({
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  expression: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  windowHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 24 })),
  strategy: Type.Optional(Strategy),
  lambdaArn: Type.Optional(LambdaArn),
  enabled: Type.Boolean(),
})
export const ScheduledAnswer = strict({
  message: Type.String({ maxLength: 500 }),
  arn: Type.String({ maxLength: 2048 }),
  name: Name,
  nextRotation: orNull(Time),
})

/** `GET .../rotation`, read with `parseRotationQuery`. */
export const RotationQuery = Type.Partial(
  strict({
    seen: Type.String({ minLength: 1, maxLength: 100 }),
    wait: Type.String({ pattern: "^([0-9]|1[0-9]|20)$", description: "seconds, from 0 to 20" }),
  }),
  { additionalProperties: false },
)

const Rotation = strict({
  rotationId: Id,
  versionId: AnyVersionId,
  strategy: orNull(Strategy),
  lambdaArn: orNull(LambdaArn),
  cause: Type.Enum(["asked", "schedule"]),
  startedBy: Id,
  revokePrevious: Type.Boolean(),
  state: Type.Enum(["running", "done", "failed", "cancelled"]),
  step: Type.Enum(["create", "set", "test", "finish", "revoke"]),
  attempts: Type.Integer({ minimum: 0 }),
  startedAt: Time,
  dueAt: Time,
  finishedAt: orNull(Time),
  fault: orNull(strict({ code: Type.String({ maxLength: 64 }), text: Type.String({ maxLength: 1000 }) })),
})

const schedule = {
  strategy: orNull(Strategy),
  lambdaArn: orNull(LambdaArn),
  enabled: Type.Boolean(),
  days: orNull(Type.Integer({ minimum: 1 })),
  expression: orNull(Type.String({ maxLength: 256 })),
  windowHours: orNull(Type.Integer({ minimum: 1 })),
  lastRotated: orNull(Time),
  nextRotation: orNull(Time),
  overdueSince: orNull(Time),
}

export const RotationAnswer = strict({
  name: Name,
  ...schedule,
  state: Type.Enum(["not_configured", "idle", "running", "failed"]),
  seen: Type.String({ maxLength: 100 }),
  rotations: Type.Array(Rotation, { maxItems: 20 }),
})

/** `GET /api/rotations`, read with `parseSchedulesQuery`. */
export const SchedulesQuery = Type.Partial(
  strict({ cursor: Type.String({ minLength: 1, maxLength: 1024 }), limit: Limit }),
  { additionalProperties: false },
)
export const SchedulesAnswer = strict({
  schedules: Type.Array(strict({ name: Name, ...schedule, running: Type.Boolean() }), { maxItems: 100 }),
  nextCursor: orNull(Type.String({ maxLength: 1024 })),
})

export type RotateBody = Static<typeof RotateBody>
export type RotateAnswer = Static<typeof RotateAnswer>
export type CheckedAnswer = Static<typeof CheckedAnswer>
export type CancelledAnswer = Static<typeof CancelledAnswer>
export type ScheduleBody = Static<typeof ScheduleBody>
export type ScheduledAnswer = Static<typeof ScheduledAnswer>
export type RotationAnswer = Static<typeof RotationAnswer>
export type SchedulesAnswer = Static<typeof SchedulesAnswer>

export function parseSchedule(json: unknown): Static<typeof ScheduleBody> {
  const body = parseBody(ScheduleBody, json)
  if (body.days !== undefined && body.expression !== undefined)
    throw invalidField("/days", "days and expression exclude each other")
  if ((body.strategy === undefined) === (body.lambdaArn === undefined))
    throw invalidField("/strategy", "exactly one of strategy and lambdaArn must be given")
  return body
}

export function parseRotationQuery(query: unknown): { readonly seen: string | null; readonly waitSeconds: number } {
  const { seen = null, wait = "0" } = parseQuery(RotationQuery, query)
  return { seen, waitSeconds: Number(wait) }
}

export function parseSchedulesQuery(query: unknown): { readonly cursor: string | null; readonly limit: number } {
  const { cursor = null, limit } = parseQuery(SchedulesQuery, query)
  return { cursor, limit: parseLimit(limit) }
}
