export type Verdict =
  | { readonly allowed: true }
  | { readonly limit: number; readonly retryAfterMs: number; readonly resetsAfterMs: number }

export interface RateLimiter {
  /**
   * Takes `count` of what is left in the key's window, all or nothing. A count of 0 only looks.
   * @param now monotonic milliseconds.
   */
  take(key: string, now: number, count: number): Verdict
}

export interface RateLimiterOptions {
  readonly windowMs: number
  /** Most in one window. */
  readonly max: number
  /** Most keys remembered. */
  readonly capacity: number
}

interface Window {
  readonly startedAt: number
  used: number
}

const ALLOWED: Verdict = { allowed: true }

/**
 * Fixed windows, one per key, starting with the key's first use. Bounded: when the table is full, windows that ended go
 * first and then the oldest that is below its limit; a key over its limit is forgotten last.
 */
export function rateLimiter({ windowMs, max, capacity }: RateLimiterOptions): RateLimiter {
  const windows = new Map<string, Window>()

  function current(key: string, now: number): Window | undefined {
    const window = windows.get(key)
    if (window === undefined || now - window.startedAt < windowMs) return window
    windows.delete(key)
    return undefined
  }

  /** Insertion order is order of age, so what ended stands in front. */
  function makeRoom(now: number): void {
    let looked = 0
    for (const [key, window] of windows) {
      const over = now - window.startedAt < windowMs && window.used >= max
      if (!over) {
        windows.delete(key)
        return
      }
      if (++looked >= 64) break
    }
    const oldest = windows.keys().next()
    if (!oldest.done) windows.delete(oldest.value)
  }

  return {
    take(key, now, count) {
      const window = current(key, now)
      const used = window?.used ?? 0
      if (count === 0 ? used >= max : used + count > max) {
        const rest = window === undefined ? windowMs : window.startedAt + windowMs - now
        return { limit: max, retryAfterMs: rest, resetsAfterMs: rest }
      }
      if (count === 0) return ALLOWED
      if (window !== undefined) {
        window.used += count
        return ALLOWED
      }
      if (windows.size >= capacity) makeRoom(now)
      windows.set(key, { startedAt: now, used: count })
      return ALLOWED
    },
  }
}
