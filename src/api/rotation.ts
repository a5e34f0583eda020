import { type Static, Type } from "typebox"
import { Id, Name, orNull, Reason, strict, Time, VersionId } from "./fields.ts"

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
