/** Refusals recorded one by one per principal or address and minute; the rest of the minute is counted. */
export const REFUSALS_PER_MINUTE = 60

const MINUTE_MS = 60_000
/** Distinct keys counted at once; beyond it all share one overflow key, so memory is bounded and nothing is uncounted. */
const KEYS = 10_000
const OVERFLOW = "(others)"

export interface RefusalCount {
  readonly key: string
  readonly count: number
}

/**
 * Keeps a flood of refusals from filling the log: whoever is refused more than 60 times in a minute gets one
 * REFUSED_SUMMARY with the exact count. In memory: a crash loses at most the current minute, as the start entry says.
 */
export class RefusalMeter {
  #minute = -1
  #seen = new Map<string, number>()
  #over = new Map<string, number>()

  /** Whether the next refusal of this key would only be counted. */
  onlyCounts(key: string, now: number): boolean {
    this.#turn(now)
    const slot = this.#seen.has(key) || this.#seen.size < KEYS ? key : OVERFLOW
    return (this.#seen.get(slot) ?? 0) >= REFUSALS_PER_MINUTE
  }

  /** True if this refusal gets an entry of its own. */
  note(key: string, now: number): boolean {
    this.#turn(now)
    const slot = this.#seen.has(key) || this.#seen.size < KEYS ? key : OVERFLOW
    const seen = (this.#seen.get(slot) ?? 0) + 1
    this.#seen.set(slot, seen)
    if (seen <= REFUSALS_PER_MINUTE) return true
    this.#count(slot)
    return false
  }

  /** For refusals that never get an entry of their own: anonymous 401s. */
  countOnly(key: string, now: number): void {
    this.#turn(now)
    this.#count(this.#over.has(key) || this.#over.size < KEYS ? key : OVERFLOW)
  }

  /** Takes what has been counted so far. */
  take(): readonly RefusalCount[] {
    const counts = [...this.#over].map(([key, count]) => ({ key, count }))
    this.#over.clear()
    return counts
  }

  /** Gives counts back that could not be recorded. */
  restore(counts: readonly RefusalCount[]): void {
    for (const { key, count } of counts) this.#over.set(key, (this.#over.get(key) ?? 0) + count)
  }

  #count(key: string): void {
    this.#over.set(key, (this.#over.get(key) ?? 0) + 1)
  }

  #turn(now: number): void {
    const minute = Math.floor(now / MINUTE_MS)
    if (minute === this.#minute) return
    this.#minute = minute
    this.#seen.clear()
  }
}
