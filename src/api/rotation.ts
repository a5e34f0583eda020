import { type Static, Type } from "./schema.ts"
import { Id, Name, orNull, Reason, strict, Time, VersionId } from "./fields.ts"
import { invalidField, parseBody } from "./parse.ts"

/** `POST .../rotate` -> 202. */
export const RotateBody = strict({
  reason: Type.Optional(Reason),
  lambdaArn: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
})
export const RotateAnswer = strict({
  message: Type.String({ maxLength: 500 }),
  arn: Type.String({ maxLength: 2048 }),
  name: Name,
  versionId: VersionId,
  rotationId: Id,
})

/** `POST .../schedule`, read with `parseSchedule`. */
export const ScheduleBody = strict({
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  expression: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  strategy: Type.String({ minLength: 1, maxLength: 64 }),
  enabled: Type.Boolean(),
})

/** `GET .../rotation`. */
export const RotationAnswer = strict({
  name: Name,
  enabled: Type.Boolean(),
  strategy: orNull(Type.String({ maxLength: 64 })),
  state: Type.String({ maxLength: 64 }),
  lastRotated: orNull(Time),
  nextRotation: orNull(Time),
})

export type RotateBody = Static<typeof RotateBody>
export type RotateAnswer = Static<typeof RotateAnswer>
export type RotationAnswer = Static<typeof RotationAnswer>

export function parseSchedule(json: unknown): Static<typeof ScheduleBody> {
  const body = parseBody(ScheduleBody, json)
  if ((body.days === undefined) === (body.expression === undefined))
    throw invalidField("/days", "exactly one of days and expression must be given")
  return body
}
