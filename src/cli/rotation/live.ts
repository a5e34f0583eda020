import { note, write } from "../print.ts"
import { printable } from "../printable.ts"
import type { World } from "../world.ts"
import { secondsText, stepsDone, stepsOf } from "./told.ts"
import type { RotationItem } from "./watch.ts"

/** Milliseconds between two looks of the line on a terminal. */
const REFRESH_MS = 200
const COLUMN = 8

/**
 * A rotation as it goes, on standard error: a line for each step once it is done and for each attempt that failed, and on a
 * terminal one that says what is under way.
 */
export class Live implements AsyncDisposable {
  readonly #world: World
  #row: RotationItem | undefined
  /** Since when the step in hand has been seen. */
  #since: number
  #width = 0
  #silent = false
  readonly #joined: boolean
  #timer: NodeJS.Timeout | undefined

  /** @param joined it was under way already: nobody here saw how long its first steps took */
  constructor(world: World, joined: boolean) {
    this.#world = world
    this.#joined = joined
    this.#since = world.now()
    if (world.stderr.isTTY) this.#timer = setInterval(() => void this.#tick(), REFRESH_MS).unref()
  }

  silent(): void {
    this.#silent = true
  }

  async show(row: RotationItem): Promise<void> {
    const before = this.#row
    const now = this.#world.now()
    this.#row = row
    this.#silent = false
    const known = before === undefined ? [] : stepsDone(before)
    const fresh = stepsDone(row).slice(known.length)
    const took = secondsText(now - this.#since)
    // Steps that were done between two looks took no longer than that together.
    const says = fresh.length > 1 ? `within ${took}` : took
    const joined = this.#joined && before === undefined
    for (const step of fresh) await this.#line(`${step.padEnd(COLUMN)}${joined ? "done before" : says}`)
    if (fresh.length > 0) this.#since = now
    if (row.state === "running" && row.fault !== null && row.attempts !== (before?.attempts ?? 0) && row.attempts > 0)
      await this.#line(`${row.step.padEnd(COLUMN)}${failureText(row, now)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#clear()
  }

  async #line(text: string): Promise<void> {
    await this.#clear()
    await note(this.#world, printable(`  ${text}`))
  }

  async #clear(): Promise<void> {
    const width = this.#width
    this.#width = 0
    if (width > 0) await write(this.#world.stderr, `\r${" ".repeat(width)}\r`)
  }

  async #tick(): Promise<void> {
    const row = this.#row
    if (row === undefined || row.state !== "running") return
    const { stderr } = this.#world
    const now = this.#world.now()
    const wait = Date.parse(row.dueAt) - now
    const text = this.#silent
      ? "the server does not answer"
      : wait > 0 && row.fault !== null
        ? `next attempt in ${Math.ceil(wait / 1000)} s`
        : secondsText(now - this.#since)
    const place = `${stepsOf(row).indexOf(row.step) + 1} of ${stepsOf(row).length}`
    const whole = `  ${row.step.padEnd(COLUMN)}${text} (${place}; Ctrl-C leaves it running)`
    const cut = whole.slice(0, Math.max(20, (stderr.columns || 80) - 1))
    const padded = cut.padEnd(this.#width)
    this.#width = cut.length
    await write(stderr, `\r${padded}`)
  }
}

function failureText({ attempts, fault, dueAt }: RotationItem, now: number): string {
  const again = Math.max(0, Math.ceil((Date.parse(dueAt) - now) / 1000))
  return `attempt ${attempts} failed: ${fault?.code}: ${fault?.text}; again in ${again} s`
}
