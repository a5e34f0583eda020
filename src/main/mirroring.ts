import { setTimeout as pause } from "node:timers/promises"
import type { Logger } from "pino"
import { type EntryMirror, MirrorFault, type MirrorName } from "../audit/entry-mirror.ts"
import { exportEnd, exportHeader, exportLine } from "../audit/export.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import { rootAt } from "../audit/proof.ts"
import { TylerError } from "../core/errors.ts"
import type { StateReader } from "../state/reader.ts"

const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000
/** How soon after an entry a mirror that does not gather gets it; a burst shares the round. */
const SOON_MS = 200
/** How often it is looked whether there is more. */
const LOOK_MS = 10_000
const WATCH_MS = 1_000
/** How long a stop waits for what is still to be copied. */
const DRAIN_MS = 5_000

export interface Copying {
  readonly reader: Pick<StateReader, "head" | "entryRange" | "leafHashes" | "node">
  readonly mirrors: readonly EntryMirror[]
  /** Whether this process is the one of all replicas that copies. */
  readonly leads: () => Promise<boolean>
  readonly origin: string
  readonly sign: (size: number, root: Uint8Array) => string
  /** Nothing is recorded while as many entries wait; null: whatever happens. */
  readonly maxWaiting: number | null
  readonly log: Pick<Logger, "warn">
}

export interface MirrorState {
  readonly name: MirrorName
  /** Entries of the log that are not there; null: another replica copies, and this one has not asked. */
  readonly waiting: number | null
  /** A code such as `access_denied`; null while it works. */
  readonly cause: string | null
}

export interface Mirroring {
  states(): readonly MirrorState[]
  /** Whether recording is held up. */
  behind(): boolean
  /** The entries up to here are durable. */
  reached(size: number): void
  /** One round now, without waiting for entries to gather. Never rejects. */
  tick(): Promise<void>
  /** Copies what is left, for at most five seconds. */
  close(): Promise<void>
}

/**
 * Copies the log to each mirror by itself, in order; what one lacks the others do not wait for.
 * @param size of the log at start
 */
export function mirroring(on: Copying, size: number): Mirroring {
  const lanes = on.mirrors.map((mirror) => new Lane(on, mirror, size))
  const reached = (now: number): void => lanes.forEach((lane) => lane.reached(now))
  // Entries of other replicas too. A database that does not answer is the lanes' to tell, when they next copy.
  const look = setInterval(() => {
    on.reader.head().then(
      (head) => reached(head.size),
      () => undefined,
    )
  }, LOOK_MS)
  look.unref()
  return {
    states: () => lanes.map((lane) => lane.state()),
    behind: () => lanes.some((lane) => lane.behind()),
    reached,
    async tick() {
      await Promise.all(lanes.map((lane) => lane.fresh()))
    },
    async close() {
      clearInterval(look)
      await Promise.race([Promise.all(lanes.map((lane) => lane.close())), pause(DRAIN_MS, undefined, { ref: false })])
      for (const mirror of on.mirrors) mirror.close()
    },
  }
}

/** Tells what is durable, and where so configured records nothing that no mirror would get in time. */
export function mirroredEntries(ledger: LedgerWriter, to: Pick<Mirroring, "behind" | "reached">): LedgerWriter {
  return {
    async recordAll(acts) {
      if (to.behind()) throw new TylerError("unavailable", { cause: "mirror_behind" })
      const outcomes = await ledger.recordAll(acts)
      const newest = outcomes.findLast((outcome) => !("moved" in outcome))
      if (newest !== undefined && !("moved" in newest)) to.reached(newest.index + 1)
      return outcomes
    },
    close: () => ledger.close(),
  }
}

/** One mirror, and how far it is. Memory holds one block, however much waits: what waits lies in the database. */
class Lane {
  readonly #on: Copying
  readonly #mirror: EntryMirror
  #size: number
  /**
   * Entries that are there. Before it was asked: what the log held at the start, so that what waits is not overstated.
   * Null: another process copies.
   */
  #held: number | null
  /** Whether `#held` is what the mirror itself has said, and nothing has failed since. */
  #sure = false
  #leading = true
  #cause: string | null = null
  #retryMs = FIRST_RETRY_MS
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(on: Copying, mirror: EntryMirror, size: number) {
    this.#on = on
    this.#mirror = mirror
    this.#size = size
    this.#held = size
    this.#schedule(0)
  }

  state(): MirrorState {
    const { name } = this.#mirror
    return { name, waiting: this.#held === null ? null : this.#size - this.#held, cause: this.#cause }
  }

  behind(): boolean {
    const { maxWaiting } = this.#on
    return maxWaiting !== null && this.#waiting() >= maxWaiting
  }

  reached(size: number): void {
    this.#size = Math.max(this.#size, size)
    // While something is wrong the next try has its time already.
    if (this.#cause !== null || this.#held === this.#size) return
    const full = this.#waiting() >= this.#full()
    // Who only watches asks seldom: the other one's answer costs a call.
    if (!this.#leading) return this.#schedule(full ? WATCH_MS : LOOK_MS)
    if (full) this.#cancel()
    this.#schedule(full ? 0 : Math.max(SOON_MS, this.#mirror.gatherMs))
  }

  round(): Promise<void> {
    this.#running ??= this.#attempt().finally(() => {
      this.#running = undefined
      if (this.#cause === null && this.#sure && this.#waiting() > 0) this.reached(this.#size)
    })
    return this.#running
  }

  /** A round that has begun after this call. */
  async fresh(): Promise<void> {
    await this.#running
    await this.round()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#running
    if (this.#cause === null) await this.round()
  }

  #waiting(): number {
    return this.#held === null ? 0 : this.#size - this.#held
  }

  /** Entries that need not gather any longer. */
  #full(): number {
    const { maxWaiting } = this.#on
    return maxWaiting === null ? this.#mirror.most : Math.min(this.#mirror.most, Math.ceil(maxWaiting / 2))
  }

  #schedule(ms: number): void {
    if (this.#closed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.round()
    }, ms).unref()
  }

  #cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #attempt(): Promise<void> {
    try {
      await this.#copy()
      this.#cause = null
      this.#retryMs = FIRST_RETRY_MS
    } catch (error) {
      this.#sure = false
      this.#failed(reasonOf(error))
    }
  }

  #failed(reason: string): void {
    // Another replica was first, as may happen when one takes over: what is there now is where to go on.
    const cause = reason === "taken" ? this.#cause : reason
    if (cause !== this.#cause)
      this.#on.log.warn({ mirror: this.#mirror.name, cause }, "a mirror of audit entries waits")
    this.#cause = cause
    this.#cancel()
    this.#schedule(this.#retryMs)
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2)
  }

  async #copy(): Promise<void> {
    this.#leading = await this.#on.leads()
    if (!this.#leading) {
      this.#sure = false
      // It is worth asking how far the other one is only where recording depends on it.
      this.#held = this.#on.maxWaiting === null ? null : await this.#resume()
      return
    }
    const { size } = await this.#on.reader.head()
    this.#size = Math.max(this.#size, size)
    let held = this.#sure && this.#held !== null ? this.#held : await this.#resume()
    this.#held = held
    while (held < size) {
      held = await this.#copyBlock(held, size)
      this.#held = held
    }
    this.#sure = true
  }

  /** Where to go on, if what is there is the beginning of this log. */
  async #resume(): Promise<number> {
    const { reader } = this.#on
    const { size } = await reader.head()
    const tip = await this.#mirror.tip(size)
    if (tip === null) return 0
    if (tip.index >= size) throw new MirrorFault("ahead")
    const [leafHash] = await reader.leafHashes(tip.index, tip.index + 1)
    if (leafHash === undefined || Buffer.from(leafHash).toString("base64") !== tip.leafHash)
      throw new MirrorFault("forked")
    return tip.index + 1
  }

  /** @returns how many entries are there then. */
  async #copyBlock(from: number, size: number): Promise<number> {
    const { reader, origin, sign } = this.#on
    const rows = await reader.entryRange(from, size, this.#mirror.most)
    const to = from + rows.length
    if (rows[0]?.index !== from || rows.at(-1)?.index !== to - 1) throw new MirrorFault("entries_missing")
    const end = exportEnd(sign(to, await rootAt(reader, to)))
    await this.#mirror.append({ from, lines: rows.map(exportLine), header: exportHeader(origin), end })
    return to
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof MirrorFault) return error.reason
  if (!(error instanceof TylerError)) return "internal"
  const { cause } = error.facts
  return typeof cause === "string" ? cause : error.code
}
