import { type Static, Type } from "./schema.ts"
import { orNull, strict } from "./fields.ts"

/** `GET /api/health`: the process answers; says nothing of its parts. */
export const HealthAnswer = strict({ status: Type.Literal("ok") })

/**
 * `GET /api/ready`: 200 when every part that is needed is up, else 503 with the same shape. Mirrors, metrics, the store and
 * the shared cache are not needed: without them it is slower, or behind.
 */
export const ReadyPart = strict({
  up: Type.Boolean(),
  /** A code such as `rolled_back`; null when up. */
  reason: orNull(Type.String({ maxLength: 200 })),
})
export const ReadyAnswer = strict({
  ready: Type.Boolean(),
  parts: Type.Record(Type.String({ minLength: 1, maxLength: 64 }), ReadyPart),
})

export type HealthAnswer = Static<typeof HealthAnswer>
export type ReadyAnswer = Static<typeof ReadyAnswer>
