/** What is wrong with an export. */
export type FaultKind =
  /** The first line is not the header of an export. */
  | "header"
  /** A line is not the one spelling of an entry. */
  | "malformed"
  /** An entry, or one in a range of entries, is not the one that was logged. */
  | "changed"
  | "dropped"
  | "inserted"
  | "reordered"
  /** Entries, or the checkpoint, are missing at the end. */
  | "truncated"
  /** Something is missing from an entry that no ERASE or RETAIN entry orders to be missing. */
  | "erasure"
  /** The log is the one that was written, but an approval in it is not one. */
  | "approval"
  | "bad_checkpoint"
  | "bad_signature"
  | "wrong_origin"
  /** Signed, but not an extension of the checkpoint that was given. */
  | "not_extension"

export interface Fault {
  readonly kind: FaultKind
  /** The first entry concerned; null if it concerns none in particular. */
  readonly index: number | null
  /** The last entry concerned. */
  readonly last: number | null
  /** Line in the file, from 1; null if the fault is in no line. */
  readonly line: number | null
  /** One sentence for a person. Quotes nothing from the file but numbers. */
  readonly what: string
}

const MAX_FAULTS = 20

/** The first faults found, and how many more there are. */
export class Faults {
  list: readonly Fault[] = []
  more = 0

  add(kind: FaultKind, line: number | null, index: number | null, what: string, last: number | null = index): void {
    if (this.list.length < MAX_FAULTS) this.list = [...this.list, { kind, index, last, line, what }]
    else this.more++
  }

  /** Entries that follow one another with the same fault are one range. */
  addToRun(kind: FaultKind, line: number, index: number, what: (first: number, last: number) => string): void {
    const before = this.list.at(-1)
    if (this.more > 0 || before?.kind !== kind || before.index === null || before.last !== index - 1)
      return this.add(kind, line, index, what(index, index))
    this.list = [...this.list.slice(0, -1), { ...before, last: index, what: what(before.index, index) }]
  }

  replaceBy(others: Faults): void {
    this.list = others.list
    this.more = others.more
  }

  get none(): boolean {
    return this.list.length === 0
  }
}
