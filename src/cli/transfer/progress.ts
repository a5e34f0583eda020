import { note, write } from "../print.ts"
import { printable } from "../printable.ts"
import type { World } from "../world.ts"

/** Off a terminal: a line for so many. */
const EVERY = 1000
/** Milliseconds between two looks of the line on a terminal. */
const REFRESH_MS = 200

/** How far it is: one line written over itself on a terminal, else one line for every thousand. */
export class Progress {
  readonly #world: World
  readonly #what: string
  readonly #total: number
  readonly #began: number
  #done = 0
  #shownAt = Number.NEGATIVE_INFINITY
  #width = 0

  /** @param what `imported` */
  constructor(world: World, what: string, total: number) {
    this.#world = world
    this.#what = what
    this.#total = total
    this.#began = world.now()
  }

  async add(count = 1): Promise<void> {
    const before = this.#done
    this.#done += count
    const { stderr } = this.#world
    const now = this.#world.now()
    if (!stderr.isTTY) {
      if (Math.floor(before / EVERY) < Math.floor(this.#done / EVERY))
        await note(this.#world, `tyler: ${this.#text(now)}`)
    } else if (now - this.#shownAt >= REFRESH_MS || this.#done === this.#total) {
      this.#shownAt = now
      const text = this.#text(now)
      const padded = text.padEnd(this.#width)
      this.#width = text.length
      await write(stderr, `\r${padded}`)
    }
  }

  async say(text: string): Promise<void> {
    await this.end()
    await note(this.#world, printable(text))
  }

  async end(): Promise<void> {
    const shown = this.#width > 0
    this.#width = 0
    if (shown) await write(this.#world.stderr, "\n")
  }

  #text(now: number): string {
    const seconds = Math.max(0.001, (now - this.#began) / 1000)
    return `${this.#what} ${this.#done} of ${this.#total}, ${Math.round(this.#done / seconds)} a second`
  }
}
