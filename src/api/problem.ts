import { type Static, Type } from "typebox"

/** Every error answer: a text for people, a code for programs, and facts such as `field`, `limit` or `resetsAt`. */
export const Problem = Type.Object({
  error: Type.String({ maxLength: 1000 }),
  /** One of `core/errors.ts`. */
  code: Type.String({ pattern: "^[a-z_]{1,64}$" }),
  requestId: Type.String({ maxLength: 128 }),
})
export type Problem = Static<typeof Problem> & Readonly<Record<string, unknown>>
