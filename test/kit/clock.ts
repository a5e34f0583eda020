import type { Clock } from "../../src/core/clock.ts"
import { systemClock } from "../../src/core/clock.ts"

/** A clock that runs as usual and can be moved. `advance` moves both hands; `step` only what people read. */
export interface MovableClock extends Clock {
  advance(ms: number): void
  step(ms: number): void
  /** Moves the wall clock to a time, and forward in monotonic time by as much (if it is forward). */
  goTo(iso: string): void
}

export function movableClock(): MovableClock {
  let wall = 0
  let steady = 0
  const clock: MovableClock = {
    now: () => Math.floor(systemClock.now() + wall),
    monotonic: () => systemClock.monotonic() + steady,
    advance(ms) {
      wall += ms
      steady += ms
    },
    step(ms) {
      wall += ms
    },
    goTo(iso) {
      const by = Date.parse(iso) - clock.now()
      wall += by
      steady += Math.max(0, by)
    },
  }
  return clock
}
