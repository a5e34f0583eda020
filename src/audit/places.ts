import type { Faults } from "./fault.ts"

/** Gaps remembered to tell a moved entry from an inserted one. */
const MAX_GAPS = 1000

interface Gap {
  from: number
  /** Exclusive. */
  to: number
  readonly line: number
}

/** Holds the numbers that entries give themselves against the places where they stand. */
export class Places {
  /** The next number expected. */
  #next = 0
  /** Unreadable lines since the last readable one: each may have been an entry. */
  #unreadable = 0
  readonly #gaps: Gap[] = []
  readonly #found: Faults

  constructor(faults: Faults) {
    this.#found = faults
  }

  get next(): number {
    return this.#next + this.#unreadable
  }

  unreadable(): void {
    this.#unreadable++
  }

  entry(index: number, line: number): void {
    if (index >= this.#next) {
      const from = this.#next + Math.min(this.#unreadable, index - this.#next)
      if (index > from && this.#gaps.length < MAX_GAPS) this.#gaps.push({ from, to: index, line })
      this.#next = index + 1
    } else if (this.#takeFromGap(index)) this.#found.addToRun("reordered", line, index, misplaced)
    else this.#found.addToRun("inserted", line, index, repeated)
    this.#unreadable = 0
  }

  #takeFromGap(index: number): boolean {
    const at = this.#gaps.findIndex((gap) => gap.from <= index && index < gap.to)
    const gap = this.#gaps[at]
    if (!gap) return false
    const rest = [
      { ...gap, to: index },
      { ...gap, from: index + 1 },
    ]
    this.#gaps.splice(at, 1, ...rest.filter((part) => part.from < part.to))
    return true
  }

  /** Reports what is missing before the last entry seen. */
  end(): void {
    for (const gap of this.#gaps) {
      this.#found.add("dropped", gap.line, gap.from, missing(gap.from, gap.to - 1), gap.to - 1)
    }
  }
}

function misplaced(first: number, last: number): string {
  return first === last ? `entry ${first} is not in its place` : `entries ${first} to ${last} are not in their places`
}

function repeated(first: number, last: number): string {
  return first === last ? `there is a second entry ${first}` : `there are second entries ${first} to ${last}`
}

function missing(first: number, last: number): string {
  return first === last ? `entry ${first} is missing` : `entries ${first} to ${last} are missing`
}
