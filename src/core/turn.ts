import { setImmediate } from "node:timers/promises"
import type { Clock } from "./clock.ts"

/** Milliseconds that one question may hold the thread that answers everybody. */
const TURN_MS = 2

/**
 * Long questions give way to other requests in between. By time and not by rows: a row that must come from the disk
 * takes a hundred times as long as one in memory.
 */
export class Turn {
  readonly #clock: Pick<Clock, "monotonic">
  #began: number

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock
    this.#began = clock.monotonic()
  }

  /** Waits for the others if this turn is over. To be asked between small steps. */
  async giveWay(): Promise<void> {
    if (this.#clock.monotonic() - this.#began < TURN_MS) return
    await setImmediate()
    this.#began = this.#clock.monotonic()
  }
}
