import { setTimeout as sleep } from "node:timers/promises"
import type { RequestItem } from "../api/access-requests.ts"
import type { TylerClient } from "../client/client.ts"
import { TylerApiError } from "../client/error.ts"
import { exitOf, UNAVAILABLE } from "./exit.ts"
import { write } from "./print.ts"
import { printable } from "./printable.ts"
import { Interrupted } from "./prompt.ts"
import type { World } from "./world.ts"

const FIRST_MS = 2000
const LONGEST_MS = 15_000
const GROWTH = 1.5
const TICK_MS = 1000

export interface WaitFor {
  readonly request: RequestItem
  /** Whether the wait is over. */
  readonly done: (request: RequestItem) => boolean
  /** What Ctrl-C leaves behind. */
  readonly left: string
}

/**
 * Asks again after 2 seconds, growing to 15, until somebody has decided; on a terminal one line says how long and what
 * is. A server that does not answer is asked again. Throws Interrupted on Ctrl-C: the request goes on without us.
 */
export async function untilDecided(world: World, client: TylerClient, wait: WaitFor): Promise<RequestItem> {
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once("SIGINT", onSignal)
  const progress = new Progress(world)
  try {
    let latest = wait.request
    for (let ms = FIRST_MS; !wait.done(latest); ms = Math.min(ms * GROWTH, LONGEST_MS)) {
      await pause(ms, stop.signal, () => progress.show(latest))
      if (stop.signal.aborted) throw new Interrupted(wait.left)
      latest = await looked(client, latest, progress)
    }
    return latest
  } catch (error) {
    // A session may end before anybody has decided.
    if (error instanceof TylerApiError) await progress.say(`tyler: ${wait.left}`)
    throw error
  } finally {
    process.off("SIGINT", onSignal)
    await progress.end()
  }
}

async function looked(client: TylerClient, latest: RequestItem, progress: Progress): Promise<RequestItem> {
  try {
    const next = await client.requests.get(latest.id)
    progress.silent = false
    return next
  } catch (error) {
    if (!(error instanceof TylerApiError) || exitOf(error.status, error.code) !== UNAVAILABLE) throw error
    progress.silent = true
    return latest
  }
}

async function pause(ms: number, signal: AbortSignal, tick: () => Promise<void>): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= TICK_MS) {
    await tick()
    await sleep(Math.min(left, TICK_MS), undefined, { signal }).catch(() => undefined)
  }
}

/** One line on standard error, written over itself; nothing where that is no terminal. */
class Progress {
  readonly #world: World
  readonly #began: number
  #width = 0
  /** The server did not answer when it was last asked. */
  silent = false

  constructor(world: World) {
    this.#world = world
    this.#began = world.now()
  }

  async show({ needed, decisions }: RequestItem): Promise<void> {
    const { stderr } = this.#world
    if (!stderr.isTTY) return
    const given = decisions.filter(({ verdict }) => verdict === "approve").length
    const state = this.silent ? "the server does not answer" : `${given} of ${needed} approvals`
    const text = `waiting ${elapsed(this.#world.now() - this.#began)}: ${state} (Ctrl-C stops waiting)`
    // A terminal that does not know its width says 0.
    const cut = text.slice(0, Math.max(20, (stderr.columns || 80) - 1))
    await write(stderr, `\r${cut.padEnd(this.#width)}`)
    this.#width = cut.length
  }

  async say(text: string): Promise<void> {
    await this.end()
    await write(this.#world.stderr, `${printable(text)}\n`)
  }

  async end(): Promise<void> {
    if (this.#width > 0) await write(this.#world.stderr, "\n")
    this.#width = 0
  }
}

/** `75_000` as `1 min 15 s`. */
function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
