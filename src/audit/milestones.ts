import { equalBytes } from "../core/bytes.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { appendLeaf, EMPTY_EDGE, rootOf } from "./merkle.ts"

/** A tree that grows leaf by leaf past the checkpoints it must agree with. */
export class Milestones {
  readonly #due: readonly Checkpoint[]
  #next = 0
  #edge: Buffer = EMPTY_EDGE
  #size = 0
  /** The largest size at which the tree agreed, before the first at which it did not. */
  lastGood = 0
  firstBad: number | null = null

  constructor(checkpoints: readonly Checkpoint[]) {
    this.#due = checkpoints.toSorted((a, b) => a.size - b.size)
    this.#compare()
  }

  get size(): number {
    return this.#size
  }

  /** Size of the largest checkpoint. */
  get furthest(): number {
    return this.#due.at(-1)?.size ?? 0
  }

  append(leafHash: Uint8Array): void {
    this.#edge = appendLeaf(this.#size, this.#edge, leafHash).edge
    this.#size++
    this.#compare()
  }

  ends(checkpoint: Checkpoint): boolean {
    return checkpoint.size === this.#size && equalBytes(rootOf(this.#edge), checkpoint.root)
  }

  #compare(): void {
    for (; this.#due[this.#next]?.size === this.#size; this.#next++) {
      const agrees = equalBytes(rootOf(this.#edge), (this.#due[this.#next] as Checkpoint).root)
      if (!agrees) this.firstBad ??= this.#size
      else if (this.firstBad === null) this.lastGood = this.#size
    }
  }
}
