import type { Clock } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { FailureGate } from "../http/wiring.ts"
import { addressKey } from "../quota/address.ts"
import { rateLimiter } from "../quota/window.ts"

/** Failed authentications per address (IPv6: per /64) and minute, before the next is refused unseen. */
export const FAILURES_PER_MINUTE = 60
const WINDOW_MS = 60_000
const ADDRESSES = 100_000

export function failureGate(clock: Clock): FailureGate {
  const limiter = rateLimiter({ windowMs: WINDOW_MS, max: FAILURES_PER_MINUTE, capacity: ADDRESSES })
  return {
    check(ip) {
      const verdict = limiter.take(addressKey(ip), clock.monotonic(), 0)
      if ("allowed" in verdict) return
      const { limit, retryAfterMs } = verdict
      const resetsAt = new Date(clock.now() + retryAfterMs).toISOString()
      throw new TylerError("rate_limited", {
        scope: "address",
        limit,
        resetsAt,
        retryAfter: Math.ceil(retryAfterMs / 1000),
      })
    },
    failed(ip) {
      limiter.take(addressKey(ip), clock.monotonic(), 1)
    },
  }
}
