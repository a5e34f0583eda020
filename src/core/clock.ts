/** Where time comes from. Everything that needs the hour takes a Clock; only `main` makes one. */
export interface Clock {
  /** Wall time, milliseconds since 1970 UTC. May step in either direction. */
  now(): number
  /** Milliseconds since some fixed point of this process; never steps. */
  monotonic(): number
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** `2026-11-24`, the UTC day that quotas and confirmation codes count by. */
export function utcDay(at: number): string {
  const day = Math.floor(at / DAY_MS)
  if (day !== named.day) named = { day, name: new Date(at).toISOString().slice(0, 10) }
  return named.name
}

export const DAY_MS = 86_400_000

/** The day asked for last: a day has one name, and every read asks several times. */
let named = { day: Number.NaN, name: "" }

/** The first millisecond of the next UTC day: when daily quotas start anew. */
export function nextUtcDay(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS
}

/** What every 429 says: when to come back, as ISO 8601 and in whole seconds from now, at least 1. */
export function comeBackAt(at: number, now: number): { readonly resetsAt: string; readonly retryAfter: number } {
  return { resetsAt: new Date(at).toISOString(), retryAfter: Math.max(1, Math.ceil((at - now) / 1000)) }
}
