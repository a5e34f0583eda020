import { Type } from "./schema.ts"
import { invalidField } from "./parse.ts"

/** Items of one page: what a caller gets who asks for no number, and the most it may ask for. */
export const PAGE_MAX = 100

export const Limit = Type.String({ pattern: "^[0-9]{1,4}$", description: "a whole number in digits" })

/** `limit` of a query: 1 to `max`, `max` when it is absent. Throws `invalid_request`. */
export function parseLimit(text: string | undefined, max: number = PAGE_MAX): number {
  if (text === undefined) return max
  const limit = Number(text)
  if (limit < 1 || limit > max) throw invalidField("/limit", `limit must be between 1 and ${max}`)
  return limit
}
