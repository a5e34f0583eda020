export type Verdict = { readonly allowed: true } | { readonly limit: number; readonly retryAfterMs: number }

export interface RateLimiter {
  /**
   * Takes `count` of what is left in the key's window, all or nothing; more than `max` at once never passes. A count of
   * 0 only looks: it is refused once the window is used up.
   * @param now monotonic milliseconds.
   */
  take(key: string, now: number, count: number): Verdict
  /** Keys remembered; never above the capacity. */
  readonly size: number
}

export interface RateLimiterOptions {
  readonly windowMs: number
  /** Most in one window. */
  readonly max: number
  /** Most keys remembered; at least 4. */
  readonly capacity: number
}

interface Window {
  readonly startedAt: number
  readonly used: number
}

const ALLOWED: Verdict = { allowed: true }

/**
 * Fixed windows, one per key, that start with the key's first use: at most `max` in a window, and so at most twice that
 * in any stretch as long as one. Bounded: windows with something left live in two generations of a quarter of the
 * capacity, and when the younger is full the older is forgotten, which lets its keys start anew. Windows that are used
 * up have the other half to themselves, so flooding the table with new keys frees nobody who is over the limit; only
 * if that half is full of them does the oldest go.
 *
 * Generations, because taking single keys from the front of a Map cost 30 us a call at 100,000 keys (V8 steps over the
 * holes that deleted keys leave): a flood would have made every call slow.
 */
export function rateLimiter({ windowMs, max, capacity }: RateLimiterOptions): RateLimiter {
  const quarter = Math.floor(capacity / 4)
  let young = new Map<string, Window>()
  let old = new Map<string, Window>()
  /** In the order in which they were used up. */
  const usedUp = new Map<string, Window>()

  function current(key: string, now: number): Window | undefined {
    const window = usedUp.get(key) ?? young.get(key) ?? old.get(key)
    if (window === undefined || now - window.startedAt < windowMs) return window
    forget(key)
    return undefined
  }

  function forget(key: string): void {
    usedUp.delete(key)
    young.delete(key)
    old.delete(key)
  }

  function keep(key: string, window: Window): void {
    if (window.used >= max) {
      forget(key)
      if (usedUp.size >= capacity - 2 * quarter) deleteFirst(usedUp)
      usedUp.set(key, window)
    } else if (old.has(key)) {
      old.set(key, window)
    } else {
      if (young.size >= quarter && !young.has(key)) {
        old = young
        young = new Map()
      }
      young.set(key, window)
    }
  }

  return {
    get size() {
      return young.size + old.size + usedUp.size
    },
    take(key, now, count) {
      const window = current(key, now)
      const used = window?.used ?? 0
      if (count === 0 ? used >= max : used + count > max)
        return { limit: max, retryAfterMs: window === undefined ? windowMs : window.startedAt + windowMs - now }
      if (count > 0) keep(key, { startedAt: window?.startedAt ?? now, used: used + count })
      return ALLOWED
    },
  }
}

function deleteFirst(windows: Map<string, Window>): void {
  const first = windows.keys().next()
  if (!first.done) windows.delete(first.value)
}
