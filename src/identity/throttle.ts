/** Wrong passwords before an account has to wait. */
export const FREE_FAILURES = 5
/** Failures are forgotten after this much quiet since the last one, or since its wait was over. */
export const FORGET_MS = 15 * 60_000
export const FIRST_WAIT_MS = 30_000
export const LONGEST_WAIT_MS = 15 * 60_000
/** What an attempt hears while others on the same account are still being checked. */
const CHECKING_MS = 1000
/** Each remembered failure has cost its sender one password hash, so pushing a name out costs this many. */
const ACCOUNTS = 100_000

export type LoginVerdict = { readonly allowed: true } | { readonly retryAfterMs: number }

/** Names are canonical, times monotonic milliseconds. Each allowed `check` is followed by exactly one of the other three. */
export interface LoginThrottle {
  check(name: string, now: number): LoginVerdict
  failed(name: string, now: number): void
  succeeded(name: string): void
  /** Neither a failure nor a success: not checked after all (the service was busy), or right, with more to be shown. */
  abandoned(name: string): void
}

interface Account {
  failures: number
  lastFailure: number
  blockedUntil: number
}

/**
 * Per account, known or not: five failures are free, then each one doubles the wait, from 30 seconds to 15 minutes.
 * Never a permanent lock, so nobody can lock another out for good. Attempts being checked count as if they had failed:
 * a burst sent at once gets no more guesses than one after the other.
 */
export function loginThrottle(capacity: number = ACCOUNTS): LoginThrottle {
  const accounts = new Map<string, Account>()
  const checking = new Map<string, number>()

  function remembered(name: string, now: number): Account | undefined {
    const account = accounts.get(name)
    if (account === undefined || now < Math.max(account.lastFailure, account.blockedUntil) + FORGET_MS) return account
    accounts.delete(name)
    return undefined
  }

  function leave(name: string): void {
    const others = (checking.get(name) ?? 1) - 1
    if (others === 0) checking.delete(name)
    else checking.set(name, others)
  }

  return {
    check(name, now) {
      const account = remembered(name, now)
      if (account !== undefined && now < account.blockedUntil) return { retryAfterMs: account.blockedUntil - now }
      const already = checking.get(name) ?? 0
      if (already >= Math.max(1, FREE_FAILURES - (account?.failures ?? 0))) return { retryAfterMs: CHECKING_MS }
      checking.set(name, already + 1)
      return { allowed: true }
    },
    failed(name, now) {
      leave(name)
      const failures = (remembered(name, now)?.failures ?? 0) + 1
      accounts.delete(name)
      if (accounts.size >= capacity) {
        const oldest = accounts.keys().next()
        if (!oldest.done) accounts.delete(oldest.value)
      }
      accounts.set(name, { failures, lastFailure: now, blockedUntil: now + waitAfter(failures) })
    },
    succeeded(name) {
      leave(name)
      accounts.delete(name)
    },
    abandoned: leave,
  }
}

function waitAfter(failures: number): number {
  const over = failures - FREE_FAILURES
  return over < 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** Math.min(over, 10), LONGEST_WAIT_MS)
}
