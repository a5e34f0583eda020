import { resolve } from "node:path"
import type { Clock } from "../../core/clock.ts"
import { appendLine, readNewest } from "./mirror-file.ts"
import { codeOf, ensureOwnedFolder, folderProblem } from "./owned-folder.ts"

/** One write and one fsync in this time, however many checkpoints are signed. */
const SPACING_MS = 1000
/** A write that takes longer (a hung network disk) counts as trouble although it has not failed. */
const STALLED_MS = 10_000
/** About 150,000 checkpoints; with the file set aside, twice this is kept. */
const FILE_LIMIT = 64 * 1024 * 1024

export type MirrorState =
  | { readonly ok: true }
  /** `since`: wall time in ms when the trouble began. `detail` is for the log and the readiness page. */
  | { readonly ok: false; readonly since: number; readonly detail: string }

export interface MirrorOptions {
  readonly clock: Clock
  /** Bytes a file may hold before it is set aside as `.1`. */
  readonly fileLimit?: number
}

/**
 * Copies of signed checkpoints outside the data folder: what a rolled-back database is caught by. A newer checkpoint
 * covers every older one, so while the folder cannot be written only the newest waits; serving goes on and `state`
 * tells. It heals by itself.
 */
export interface Mirror {
  /** Absolute. */
  readonly folder: string
  /** The last complete checkpoint on disk. @throws StartFault if the file is there but cannot be read. */
  newest(): string | undefined
  /** Returns at once; the checkpoint is on stable storage about a second later at most, unless a newer one took its place. */
  append(checkpoint: string): void
  state(): MirrorState
  /** Wall time in ms of the last write since the start; null: none yet. */
  writtenAt(): number | null
  /** Writes what waits, without regard to the spacing, then stops. */
  close(): Promise<void>
}

/** @throws StartFault if the folder cannot be made or is open to others. */
export function openMirror(dir: string, options: MirrorOptions): Mirror {
  const folder = resolve(dir)
  ensureOwnedFolder(folder, "mirror folder")
  return new FileMirror(folder, options)
}

class FileMirror implements Mirror {
  readonly folder: string
  readonly #clock: Clock
  readonly #fileLimit: number
  #waiting: string | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: { readonly since: number; readonly wall: number; readonly done: Promise<void> } | undefined
  #lastWrite = Number.NEGATIVE_INFINITY
  #trouble: { readonly since: number; readonly detail: string } | undefined
  #writtenAt: number | null = null
  #closed = false

  constructor(folder: string, { clock, fileLimit = FILE_LIMIT }: MirrorOptions) {
    this.folder = folder
    this.#clock = clock
    this.#fileLimit = fileLimit
  }

  newest(): string | undefined {
    return readNewest(this.folder)
  }

  append(checkpoint: string): void {
    if (this.#closed) throw new Error("the mirror is closed")
    this.#waiting = checkpoint
    this.#schedule()
  }

  state(): MirrorState {
    if (this.#trouble !== undefined) return { ok: false, ...this.#trouble }
    const writing = this.#writing
    if (writing === undefined || this.#clock.monotonic() - writing.since <= STALLED_MS) return { ok: true }
    return { ok: false, since: writing.wall, detail: `a write to ${this.folder} does not finish` }
  }

  writtenAt(): number | null {
    return this.#writtenAt
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#writing?.done
    if (this.#waiting !== undefined) await this.#write()
  }

  #schedule(): void {
    if (this.#closed || this.#waiting === undefined || this.#timer !== undefined || this.#writing !== undefined) return
    const wait = this.#lastWrite + SPACING_MS - this.#clock.monotonic()
    this.#timer = setTimeout(() => this.#start(), Math.max(0, wait)).unref()
  }

  #start(): void {
    this.#timer = undefined
    const done = this.#write().finally(() => {
      this.#writing = undefined
      this.#schedule()
    })
    this.#writing = { since: this.#clock.monotonic(), wall: this.#clock.now(), done }
  }

  /** One attempt. What failed keeps waiting, unless a newer checkpoint has come in the meantime. Never rejects. */
  async #write(): Promise<void> {
    const checkpoint = this.#waiting
    if (checkpoint === undefined) return
    this.#lastWrite = this.#clock.monotonic()
    const problem = await this.#attempt(checkpoint)
    if (problem === undefined) {
      this.#trouble = undefined
      this.#writtenAt = this.#clock.now()
      if (this.#waiting === checkpoint) this.#waiting = undefined
    } else {
      this.#trouble = { since: this.#trouble?.since ?? this.#clock.now(), detail: problem }
    }
  }

  async #attempt(checkpoint: string): Promise<string | undefined> {
    const problem = folderProblem(this.folder)
    if (problem !== undefined) return `the mirror folder ${this.folder} ${problem}`
    try {
      await appendLine(this.folder, checkpoint, this.#fileLimit)
      return undefined
    } catch (error) {
      return `the mirror in ${this.folder} cannot be written (${codeOf(error)})`
    }
  }
}
