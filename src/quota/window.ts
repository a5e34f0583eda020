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
  /** Most keys remembered. */
  readonly capacity: number
}

interface Window {
  readonly startedAt: number
  readonly used: number
}

const ALLOWED: Verdict = { allowed: true }

/**
 * Fixed windows, one per key, that start with the key's first use: at most `max` in a window, and so at most twice that
 * in any stretch as long as one. Bounded: a full table forgets the oldest window that is not used up, which lets that
 * key start anew. A window that is used up is forgotten early only if all of them are, so a caller who floods the table
 * with new keys frees nobody who is over the limit.
 */
export function rateLimiter({ windowMs, max, capacity }: RateLimiterOptions): RateLimiter {
  /** Both in the order in which their windows came to be what they are, so what ended stands in front. */
  const open = new Map<string, Window>()
  const usedUp = new Map<string, Window>()

  function current(key: string, now: number): Window | undefined {
    const window = usedUp.get(key) ?? open.get(key)
    if (window === undefined || now - window.startedAt < windowMs) return window
    usedUp.delete(key)
    open.delete(key)
    return undefined
  }

  function makeRoom(now: number): void {
    const [ended] = usedUp
    if (ended !== undefined && now - ended[1].startedAt >= windowMs) usedUp.delete(ended[0])
    else if (!deleteFirst(open)) deleteFirst(usedUp)
  }

  return {
    get size() {
      return open.size + usedUp.size
    },
    take(key, now, count) {
      const window = current(key, now)
      const used = window?.used ?? 0
      if (count === 0 ? used >= max : used + count > max)
        return { limit: max, retryAfterMs: window === undefined ? windowMs : window.startedAt + windowMs - now }
      if (count === 0) return ALLOWED
      if (window === undefined && open.size + usedUp.size >= capacity) makeRoom(now)
      const after = { startedAt: window?.startedAt ?? now, used: used + count }
      if (after.used < max) open.set(key, after)
      else {
        open.delete(key)
        usedUp.set(key, after)
      }
      return ALLOWED
    },
  }
}

function deleteFirst(windows: Map<string, Window>): boolean {
  const first = windows.keys().next()
  return !first.done && windows.delete(first.value)
}
