import { Approvals } from "./approvals.ts"
import { commitmentOf, leafTextOf } from "./canonical.ts"
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts"
import { Erasures } from "./erasure.ts"
import { exportHeader } from "./export.ts"
import { type Fault, Faults } from "./fault.ts"
import { type EntryLine, isPruned, LineError, parseEntryLine, type StandingLine } from "./line.ts"
import { Milestones } from "./milestones.ts"
import { NoteError, parseVerifierKey, type VerifierKey } from "./note.ts"
import { Places } from "./places.ts"

export interface VerifyOptions {
  /** The log's verifier key, `name+hash+base64`, from where the log's writer cannot change it. */
  readonly key: string
  /**
   * Checkpoints seen earlier or mirrored elsewhere: the export must extend each. The more there are, the closer a
   * rewritten stretch is narrowed down.
   */
  readonly checkpoint?: string | readonly string[]
}

export type Verdict =
  | {
      readonly ok: true
      readonly origin: string
      readonly size: number
      readonly root: Buffer
      /** Entries read; equals `size`. */
      readonly entries: number
      /** Of those, how many were erased or emptied by order. */
      readonly erased: number
      /** Approvals read, all of them in order. */
      readonly approvals: number
      /** Of those, how many bear a passkey's signature, which was verified. */
      readonly signatures: number
      /** Of those, how many lean on entries that were emptied by order, and could not be checked in full. */
      readonly unchecked: number
    }
  | {
      readonly ok: false
      /** At most 20 of each sort; never empty. */
      readonly faults: readonly Fault[]
      /** Faults found beyond those listed. */
      readonly more: number
    }

/**
 * Verifies an export without a server, in one pass and bounded memory. Throws NoteError `bad_key` if `key` is no
 * verifier key; everything wrong with the export or a checkpoint is in the verdict.
 *
 * @param lines all of them, or some at a time as they come
 */
export async function verifyExport(
  lines: AsyncIterable<readonly string[]> | readonly string[],
  options: VerifyOptions,
): Promise<Verdict> {
  const verifier = new ExportVerifier(options)
  const parts = Symbol.asyncIterator in lines ? lines : [lines]
  for await (const part of parts) for (const line of part) verifier.line(line)
  return verifier.finish()
}

const CHECKPOINT = '{"checkpoint":'
const ENTRY = '{"index":'

export class ExportVerifier {
  readonly #key: VerifierKey
  readonly #tree: Milestones
  /** Faults inside one line or entry, and of checkpoints. */
  readonly #faults = new Faults()
  /** Faults of numbers against places; void if the tree shows that only the numbers were touched. */
  readonly #moved = new Faults()
  readonly #misnumbered = new Faults()
  readonly #places = new Places(this.#moved)
  readonly #erasures = new Erasures(this.#faults)
  /** Faults of approvals; they mean something only in a log that is whole. */
  readonly #unapproved = new Faults()
  readonly #approvals = new Approvals(this.#unapproved)
  /** Every line was read and every leaf hash recomputed, so that a wrong root has no other reason yet. */
  #sound = true
  #line = 0
  #end: "open" | "closed" = "open"
  #checkpoint: Checkpoint | undefined

  constructor(options: VerifyOptions) {
    this.#key = parseVerifierKey(options.key)
    const given = options.checkpoint ?? []
    const opened = (typeof given === "string" ? [given] : given).map((note) => this.#open(note, null))
    this.#tree = new Milestones(opened.filter((checkpoint) => checkpoint !== undefined))
  }

  /** Lines of the export in order, without their newlines. */
  line(text: string): void {
    this.#line++
    if (this.#line === 1 && this.#header(text)) return
    if (this.#end === "closed") this.#faults.add("inserted", this.#line, null, "a line after the checkpoint")
    else if (text.startsWith(CHECKPOINT)) this.#close(text)
    else this.#entry(text)
  }

  finish(): Verdict {
    const size = this.#tree.size
    if (this.#line === 0) this.#faults.add("header", null, null, "the export is empty")
    if (this.#end === "open")
      this.#faults.add("truncated", null, this.#places.next, "the export ends without its checkpoint")
    this.#places.end()
    this.#erasures.end()
    this.#judgeTree()
    const whole = this.#faults.none && this.#moved.none
    const faults = whole ? [this.#unapproved] : [this.#faults, this.#moved]
    const checkpoint = this.#checkpoint
    if (checkpoint && faults.every((some) => some.none))
      return {
        ok: true,
        origin: checkpoint.origin,
        size,
        root: checkpoint.root,
        entries: size,
        erased: this.#erasures.count,
        approvals: this.#approvals.count,
        signatures: this.#approvals.signatures,
        unchecked: this.#approvals.unchecked,
      }
    const more = faults.reduce((sum, some) => sum + some.more, 0)
    return { ok: false, faults: faults.flatMap((some) => some.list), more }
  }

  /** Answers whether the line was meant as a header. */
  #header(text: string): boolean {
    if (text === exportHeader(this.#key.name)) return true
    const origin = /^\{"tyler":"audit-export","version":1,"origin":"([^"\\]+)","from":0\}$/.exec(text)?.[1]
    if (origin === undefined)
      this.#faults.add("header", 1, null, "the first line is not the header of an audit export, version 1")
    else this.#faults.add("wrong_origin", 1, null, `the export is not of the log ${this.#key.name}`)
    return !text.startsWith(ENTRY) && !text.startsWith(CHECKPOINT)
  }

  #entry(text: string): void {
    let entry: EntryLine
    try {
      entry = parseEntryLine(text)
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      const index = this.#places.next
      this.#faults.add("malformed", this.#line, index, `where entry ${index} is due, ${error.message}`)
      this.#places.unreadable()
      this.#sound = false
      return
    }
    if (!isPruned(entry)) this.#checkLeaf(entry)
    const place = this.#tree.size
    if (entry.index !== place)
      this.#misnumbered.add("changed", this.#line, place, `entry ${place} says that it is number ${entry.index}`)
    this.#places.entry(entry.index, this.#line)
    this.#erasures.entry(entry)
    this.#approvals.entry(entry, this.#line)
    this.#tree.append(fromBase64(entry.leafHash))
  }

  #checkLeaf(entry: StandingLine): void {
    const { index, salt } = entry
    const fault = (kind: "changed" | "erasure", what: string): void => {
      this.#sound = false
      this.#faults.add(kind, this.#line, index, `entry ${index} ${what}`)
    }
    if (entry.erasedBy === null ? salt === null : !isErased(entry))
      return fault("erasure", "lacks some of what only an order may remove")
    const commitment = salt === null ? fromBase64(entry.commitment) : commitmentOf(fromBase64(salt), entry)
    if (leafTextOf(entry, entry.quotaUse, commitment) !== entry.leafHash)
      fault("changed", "does not match its leaf hash")
  }

  #close(text: string): void {
    this.#end = "closed"
    let note: unknown
    try {
      note = (JSON.parse(text) as { checkpoint?: unknown }).checkpoint
    } catch {
      note = undefined
    }
    if (typeof note !== "string" || JSON.stringify({ checkpoint: note }) !== text)
      this.#faults.add("bad_checkpoint", this.#line, null, "the last line does not hold a checkpoint")
    else this.#checkpoint = this.#open(note, this.#line)
  }

  #open(note: string, line: number | null): Checkpoint | undefined {
    try {
      return openCheckpoint(note, this.#key)
    } catch (error) {
      if (!(error instanceof NoteError)) throw error
      const kind = error.fault === "bad_signature" || error.fault === "wrong_origin" ? error.fault : "bad_checkpoint"
      this.#faults.add(kind, line, null, line === null ? `the given checkpoint: ${error.message}` : error.message)
      return undefined
    }
  }

  /** Compares what was read with what was signed. */
  #judgeTree(): void {
    const due = this.#places.next
    const signed = this.#checkpoint
    const whole = signed !== undefined && this.#tree.ends(signed)
    if (whole) this.#moved.replaceBy(this.#misnumbered)
    else if (signed && due < signed.size) this.#truncated(due, signed.size, "its checkpoint")
    else if (signed && due > signed.size) {
      const what = `the checkpoint was signed over ${signed.size} entries; what follows was not logged`
      this.#moved.add("inserted", null, signed.size, what, due - 1)
    }
    const furthest = this.#tree.furthest
    if (furthest > Math.max(due, signed?.size ?? 0)) this.#truncated(due, furthest, "a given checkpoint")
    const bad = this.#tree.firstBad ?? (signed && !whole ? signed.size : null)
    if (bad === null || !this.#sound || !this.#moved.none) return
    const from = this.#tree.lastGood
    const what = whole
      ? `the log is signed but does not extend the given checkpoint of ${bad} entries`
      : "at least one entry was changed, moved, dropped or inserted together with its leaf hash and number"
    this.#moved.add(whole ? "not_extension" : "changed", null, from, `entries ${from} to ${bad - 1}: ${what}`, bad - 1)
  }

  #truncated(from: number, size: number, by: string): void {
    this.#moved.add(
      "truncated",
      null,
      from,
      `${by} was signed over ${size} entries; those from ${from} on are missing`,
      size - 1,
    )
  }
}

function fromBase64(text: string | null): Buffer {
  return Buffer.from(text ?? "", "base64")
}

function isErased(entry: StandingLine): boolean {
  const { salt, username, ipAddress, userAgent, reason, commitment } = entry
  return commitment !== null && [salt, username, ipAddress, userAgent, reason].every((field) => field === null)
}
