import { TylerError } from "../core/errors.ts"
import { FREE_FAILURES } from "../identity/throttle.ts"
import type { Service } from "./service.ts"

/** The same for names that exist and names that do not. */
export function tooManyAttempts(on: Pick<Service, "clock">, retryAfterMs: number): TylerError {
  const resetsAt = new Date(on.clock.now() + retryAfterMs).toISOString()
  const retryAfter = Math.ceil(retryAfterMs / 1000)
  return new TylerError("rate_limited", { scope: "login", limit: FREE_FAILURES, resetsAt, retryAfter })
}
