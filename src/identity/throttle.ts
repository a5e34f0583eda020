/** Wrong passwords in a row before an account has to wait. */
export const FREE_FAILURES = 5
const MEMORY_MS = 15 * 60_000
const FIRST_DELAY_MS = 30_000
const LONGEST_DELAY_MS = 15 * 60_000
const ACCOUNTS = 100_000

export type LoginVerdict = { readonly allowed: true } | { readonly retryAfterMs: number }

export interface LoginThrottle {
  /** @param now monotonic milliseconds. */
  check(name: string, now: number): LoginVerdict
  failed(name: string, now: number): void
  succeeded(name: string): void
}

interface Account {
  failures: number
  lastFailure: number
  blockedUntil: number
}

/**
 * Per account, known or not: five failures in 15 minutes are free, then each one doubles the wait, from 30 seconds to 15
 * minutes. Never a permanent lock, so nobody can lock another out for good.
 */
export function loginThrottle(capacity: number = ACCOUNTS): LoginThrottle {
  const accounts = new Map<string, Account>()

  function remembered(name: string, now: number): Account | undefined {
    const account = accounts.get(name)
    if (account === undefined || now < account.blockedUntil || now - account.lastFailure < MEMORY_MS) return account
    accounts.delete(name)
    return undefined
  }

  return {
    check(name, now) {
      const account = remembered(name, now)
      if (account === undefined || now >= account.blockedUntil) return { allowed: true }
      return { retryAfterMs: account.blockedUntil - now }
    },
    failed(name, now) {
      const account = remembered(name, now) ?? { failures: 0, lastFailure: now, blockedUntil: 0 }
      account.failures++
      account.lastFailure = now
      const over = account.failures - FREE_FAILURES
      if (over >= 0) account.blockedUntil = now + Math.min(FIRST_DELAY_MS * 2 ** Math.min(over, 10), LONGEST_DELAY_MS)
      accounts.delete(name)
      if (accounts.size >= capacity) {
        const oldest = accounts.keys().next()
        if (!oldest.done) accounts.delete(oldest.value)
      }
      accounts.set(name, account)
    },
    succeeded(name) {
      accounts.delete(name)
    },
  }
}
