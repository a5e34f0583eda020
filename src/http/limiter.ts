import type { Clock } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { RateLimiter } from "../quota/window.ts"

/** Value reads per principal and window; a batch counts each member. */
export interface ReadLimits {
  readonly people: RateLimiter | null
  readonly programs: RateLimiter | null
}

export function takeReads(
  limits: ReadLimits,
  who: { readonly id: string; readonly kind: string },
  clock: Clock,
  count: number,
): void {
  if (count === 0) return
  const limiter = who.kind === "program" ? limits.programs : limits.people
  const verdict = limiter?.take(who.id, clock.monotonic(), count)
  if (verdict === undefined || "allowed" in verdict) return
  throw new TylerError("rate_limited", {
    scope: "reads",
    limit: verdict.limit,
    resetsAt: new Date(clock.now() + verdict.retryAfterMs).toISOString(),
    retryAfter: Math.ceil(verdict.retryAfterMs / 1000),
  })
}
