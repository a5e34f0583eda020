import type { Clock } from "../core/clock.ts"

/** A step back of more than this against the newest entry is a fault of the clock. */
const BACKWARD_MS = 5_000
/** A step forward of more than this while running. */
const FORWARD_MS = 5 * 60_000
/** How far wall and monotonic clock may differ and still count as advancing alike. */
const ALIKE_MS = 5_000
/** How long they must advance alike before purges go on. */
const CALM_MS = 10 * 60_000

export interface ClockWatch {
  /** To be called every few seconds. True in the tick that noticed a step. */
  tick(newestEntry: number): boolean
  /** While true nothing is purged: no purge on the word of one clock reading. */
  frozen(): boolean
}

export function clockWatch(clock: Clock): ClockWatch {
  let wall = clock.now()
  let monotonic = clock.monotonic()
  /** Monotonic time since when both have advanced alike; null: never in doubt. */
  let calmSince: number | null = null

  return {
    tick(newestEntry) {
      const drift = clock.now() - wall - (clock.monotonic() - monotonic)
      wall = clock.now()
      monotonic = clock.monotonic()
      const stepped = drift > FORWARD_MS || drift < -BACKWARD_MS || newestEntry - wall > BACKWARD_MS
      if (stepped || (calmSince !== null && Math.abs(drift) > ALIKE_MS)) calmSince = monotonic
      else if (calmSince !== null && monotonic - calmSince >= CALM_MS) calmSince = null
      return stepped
    },
    frozen: () => calmSince !== null,
  }
}

/**
 * The hour by which things expire: never earlier than the newest entry that was found at start, nor than the time that
 * has passed since, in whole milliseconds. So nothing that expired comes back when the wall clock is set back.
 */
export function expiryClock(clock: Clock, newestEntry: number): () => number {
  const floor = Math.max(clock.now(), newestEntry)
  const from = clock.monotonic()
  return () => Math.max(clock.now(), floor + Math.floor(clock.monotonic() - from))
}
