import assert from "node:assert/strict"
import { setTimeout as pause } from "node:timers/promises"
import { judgedAddress } from "../../src/adapters/targets/address.ts"
import { systemResolve } from "../../src/adapters/webhook/pin.ts"
import { systemRandom } from "../../src/core/random.ts"
import { RotationFault, type RotationFaultCode } from "../../src/rotation/fault.ts"
import type { Held, StepContext, Steps } from "../../src/rotation/steps.ts"

/** What a test throws where a process would be killed. */
class Died extends Error {}

/** A store of versions and the four steps over it, as the engine does them, without the engine. */
export class Rehearsal {
  current: string
  previous: string | undefined
  pending: string | undefined
  admin: string | undefined
  /** From the first effect of `set` until the promotion. */
  changing = false
  /** Those that have ended. */
  rotations = 0
  /** All effects so far, in order. */
  readonly effects: string[] = []
  context: StepContext
  readonly #steps: Steps
  #left = Number.POSITIVE_INFINITY
  #rounds = 0

  constructor(steps: Steps, current: object, admin?: object, hosts: readonly string[] = []) {
    this.#steps = steps
    this.current = JSON.stringify(current)
    this.admin = admin === undefined ? undefined : JSON.stringify(admin)
    this.context = {
      token: "",
      random: systemRandom,
      now: Date.now,
      signal: new AbortController().signal,
      addressOf: judgedAddress(["loopback", "private", "global"], systemResolve),
      hosts,
      effect: async (name, act) => {
        this.#point()
        this.changing = true
        const answer = await act()
        this.effects.push(name)
        this.#point()
        return answer
      },
    }
  }

  get held(): Held {
    return { current: this.current, pending: this.pending, previous: this.previous, admin: this.admin }
  }

  value(): Record<string, string> {
    return JSON.parse(this.current) as Record<string, string>
  }

  begin(): void {
    if (this.context.token === "")
      this.context = { ...this.context, token: `00000000-0000-4000-8000-${String(++this.#rounds).padStart(12, "0")}` }
  }

  /** The four steps, from the first, whatever was done of them before. */
  async rotate(): Promise<void> {
    this.begin()
    this.#steps.check(this.held)
    const made = await this.#steps.create(this.held, this.context)
    this.#point()
    this.pending = made
    await this.#steps.set(this.held, this.context)
    this.#point()
    await this.#steps.test(this.held, this.context)
    this.#point()
    this.previous = this.current
    this.current = made
    this.pending = undefined
    this.changing = false
    this.rotations++
    this.context = { ...this.context, token: "" }
  }

  async revoke(): Promise<void> {
    await this.#steps.revoke(this.held, this.context)
    this.changing = false
  }

  /** Does something again and again, each time living one point longer, until it lives to the end. @returns deaths */
  async dying(act: () => Promise<void>, afterEach: () => Promise<void>): Promise<number> {
    for (let lives = 0; lives < 60; lives++) {
      this.#left = lives
      try {
        await act()
        this.#left = Number.POSITIVE_INFINITY
        await afterEach()
        return lives
      } catch (error) {
        if (!(error instanceof Died)) throw error
        this.#left = Number.POSITIVE_INFINITY
        await afterEach()
      }
    }
    throw new Error("it never ends")
  }

  #point(): void {
    if (this.#left-- <= 0) throw new Died()
  }
}

/** An application that logs in with what is current, as fast as it can, while something goes on. */
export async function whileUsed(
  rehearsal: Rehearsal,
  logsIn: (value: string) => Promise<boolean>,
  act: () => Promise<void>,
): Promise<{ logins: number; failedInside: number; failedOutside: number }> {
  const seen = { logins: 0, failedInside: 0, failedOutside: 0 }
  const state = { over: false }
  const use = async (): Promise<void> => {
    while (!state.over) {
      const before = rehearsal.changing
      const rotations = rehearsal.rotations
      const ok = await logsIn(rehearsal.current)
      seen.logins++
      // A login may take longer than a whole rotation.
      const inside = before || rehearsal.changing || rotations !== rehearsal.rotations
      if (!ok) seen[inside ? "failedInside" : "failedOutside"]++
      await pause(5)
    }
  }
  const using = Promise.all([use(), use()])
  try {
    await act()
  } finally {
    state.over = true
    await using
  }
  return seen
}

/** That it is refused so, and that what is said of it holds none of these. */
export async function refuses(
  code: RotationFaultCode,
  act: () => Promise<unknown>,
  ...never: string[]
): Promise<RotationFault> {
  let thrown: unknown
  try {
    await act()
  } catch (error) {
    thrown = error
  }
  assert.ok(thrown instanceof RotationFault, `no fault but ${String(thrown)}`)
  assert.equal(thrown.code, code, thrown.message)
  const said = `${thrown.message} ${JSON.stringify(thrown)} ${thrown.stack ?? ""}`
  for (const text of never) assert.ok(!said.includes(text))
  return thrown
}
