import { setTimeout as pause } from "node:timers/promises"

/**
 * Longest wait for one's turn, in milliseconds: a hundred in front are done by then on a busy machine (seen: 6 s), and a
 * ledger that hangs does not hold up a whole line for hours.
 */
const WAIT_MS = 10_000

/**
 * One line for each thing that is written. Writers of one secret would otherwise all plan on the same revision and all
 * but one plan again: beyond five at once somebody would run out of rounds. In one process only; between replicas the
 * comparison in the record transaction decides, and there each process has one writer of a thing under way.
 */
export class Turns {
  readonly #lines = new Map<string, Promise<unknown>>()

  /** In order of asking. @returns what ends the turn; undefined if it did not come in time. */
  async take(of: string): Promise<(() => void) | undefined> {
    const before = this.#lines.get(of)
    const ended = Promise.withResolvers<void>()
    const line = (before ?? Promise.resolve()).then(() => ended.promise)
    this.#lines.set(of, line)
    const end = (): void => {
      ended.resolve()
      if (this.#lines.get(of) === line) this.#lines.delete(of)
    }
    if (before === undefined || (await inTime(before))) return end
    // Those behind still wait for those before.
    ended.resolve()
    return undefined
  }

  /** Every turn at once, or undefined and none. In one order for everybody, so that no two wait for each other. */
  async takeAll(of: readonly string[]): Promise<(() => void) | undefined> {
    const ends: (() => void)[] = []
    const endAll = (): void => {
      for (const end of ends) end()
    }
    for (const one of [...new Set(of)].toSorted()) {
      const end = await this.take(one)
      if (end === undefined) {
        endAll()
        return undefined
      }
      ends.push(end)
    }
    return endAll
  }
}

async function inTime(before: Promise<unknown>): Promise<boolean> {
  const late = new AbortController()
  try {
    return await Promise.race([
      before.then(() => true),
      pause(WAIT_MS, false, { signal: late.signal, ref: false }).catch(() => false),
    ])
  } finally {
    late.abort()
  }
}
