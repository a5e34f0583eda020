import { type Static, Type } from "typebox"

/** Every error answer: a text for people, a code for programs, and facts such as `field`, `limit` or `resetsAt`. */
export const Problem = Type.Object({
  error: Type.String({ maxLength: 1000 }),
  /** One of `core/errors.ts`. */
  code: Type.String({ pattern: "^[a-z_]{1,64}$" }),
  requestId: Type.String({ maxLength: 128 }),
})
export type Problem = Static<typeof Problem> & Readonly<Record<string, unknown>>

/** 32 to 64 of `[A-Za-z0-9-]`; becomes the version id. */
export const IDEMPOTENCY_KEY = "idempotency-key"
/** A step-up token. */
export const VERIFICATION_TOKEN = "x-verification-token"
/** The id in `Problem.requestId`, on every answer. */
export const REQUEST_ID = "x-request-id"
