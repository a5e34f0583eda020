import { LineError, parseEntryLine } from "./line.ts"

/** The last entry that a mirror holds. */
export interface Tip {
  readonly index: number
  /** 32 bytes in base64. */
  readonly leafHash: string
}

/** Entries in order and without a gap, as an export spells them. */
export interface Block {
  /** Index of the first. */
  readonly from: number
  /** Lines without their newline; never empty. */
  readonly lines: readonly string[]
  /** The export's first line; stands before entry 0. */
  readonly header: string
  /** The export's last line, over exactly the entries up to the end of this block. */
  readonly end: string
}

/**
 * A copy of the log outside the database. It is told to append, and asked where to go on: what it holds is the only
 * memory of how far it got, so a process that dies in between loses nothing. Both methods reject with a MirrorFault.
 */
export interface EntryMirror {
  readonly name: MirrorName
  /** Entries of one block at most. */
  readonly most: number
  /** How long entries may gather before a block that is not full is appended. */
  readonly gatherMs: number
  /** Null: it holds nothing. @param size entries of the log, as a hint where to look */
  tip(size: number): Promise<Tip | null>
  /** Resolves once it is kept. After a fault all, some or none of the block may be there: `tip` says. */
  append(block: Block): Promise<void>
  close(): void
}

/** What each is called in `/api/ready`. */
export const MIRROR_PARTS = { file: "mirror_file", logs: "mirror_logs", s3: "mirror_s3" } as const

export type MirrorName = keyof typeof MIRROR_PARTS

/** `reason`: a code such as `access_denied`; `taken`: somebody else has appended meanwhile. */
export class MirrorFault extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }
}

/** Of lines that are entries or a header, the one with the highest index; null if none is an entry. */
export function tipOf(lines: readonly string[]): Tip | null {
  let tip: Tip | null = null
  for (const line of lines) {
    const entry = entryOf(line)
    if (entry !== undefined && (tip === null || entry.index > tip.index)) tip = entry
  }
  return tip
}

function entryOf(line: string): Tip | undefined {
  try {
    const { index, leafHash } = parseEntryLine(line)
    return { index, leafHash }
  } catch (error) {
    if (!(error instanceof LineError)) throw error
    return undefined
  }
}
