import { setTimeout as sleep } from "node:timers/promises"
import { TylerApiError } from "../../client/error.ts"
import { Unmet } from "../command.ts"
import { exitOf, UNAVAILABLE } from "../exit.ts"
import { Interrupted } from "../prompt.ts"

const FIRST_MS = 1000
const LONGEST_MS = 15_000
/** A server that asks for a longer wait than this, in seconds, means another day. */
const LONGEST_ASKED = 3600

export interface PatienceOptions {
  /** Milliseconds for which a server may be silent. */
  readonly forMs: number
  /** Told before each wait, once for all who wait. */
  readonly say: (text: string) => Promise<void>
  /** Milliseconds since any fixed moment. */
  readonly now: () => number
}

/**
 * Does what may safely be done twice until it is answered: waits as long as a rate limit says, and for a server that is
 * gone for a while. One wait holds up everybody who works through it. Ctrl-C ends waiting and starts nothing more.
 */
export class Patience implements Disposable {
  readonly #options: PatienceOptions
  readonly #stop = new AbortController()
  readonly #onSignal = (): void => this.#stop.abort()
  #waiting: Promise<void> | undefined
  #silentSince: number | undefined
  #nextMs = FIRST_MS

  constructor(options: PatienceOptions) {
    this.#options = options
    process.on("SIGINT", this.#onSignal)
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#onSignal)
  }

  /** Of Ctrl-C. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** @throws Interrupted on Ctrl-C; Unmet when the server stays silent; what else `attempt` throws */
  async through<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#waiting
      if (this.stopped) throw new Interrupted()
      try {
        const answer = await attempt()
        this.#silentSince = undefined
        this.#nextMs = FIRST_MS
        return answer
      } catch (error) {
        const wait = this.#waitAfter(error)
        if (wait === undefined) throw error
        this.#waiting ??= this.#pause(wait.ms, wait.why)
      }
    }
  }

  #waitAfter(error: unknown): { ms: number; why: string } | undefined {
    if (!(error instanceof TylerApiError)) return undefined
    const asked = error.facts["retryAfter"]
    if (error.code === "rate_limited" && typeof asked === "number" && asked <= LONGEST_ASKED)
      return { ms: asked * 1000, why: "the server's rate limit is reached" }
    if (exitOf(error.status, error.code) !== UNAVAILABLE) return undefined
    const now = this.#options.now()
    this.#silentSince ??= now
    const left = this.#silentSince + this.#options.forMs - now
    if (left <= 0) throw new Unmet(UNAVAILABLE, error.code, `the server does not answer (${error.code})`)
    return { ms: Math.min(this.#nextMs, left), why: `the server does not answer (${error.code})` }
  }

  async #pause(ms: number, why: string): Promise<void> {
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS)
    await this.#options.say(`tyler: ${why}; waiting ${Math.ceil(ms / 1000)} s`)
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined)
    this.#waiting = undefined
  }
}
