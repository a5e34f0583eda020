import { equalBytes } from "../core/bytes.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { hashChildren, rootOf } from "./merkle.ts"

/** A tree that grows leaf by leaf past the checkpoints it must agree with. */
export class Milestones {
  readonly #due: readonly Checkpoint[]
  #next = 0
  /** The tree's right edge, as in merkle.ts, but in pieces: copying it for each leaf is 4 % of a verification. */
  readonly #edge: Uint8Array[] = []
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
    let node = leafHash
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2)
      node = hashChildren(this.#edge.pop() as Uint8Array, node)
    this.#edge.push(node)
    this.#size++
    this.#compare()
  }

  ends(checkpoint: Checkpoint): boolean {
    return checkpoint.size === this.#size && equalBytes(this.#root(), checkpoint.root)
  }

  #root(): Buffer {
    return rootOf(Buffer.concat(this.#edge))
  }

  #compare(): void {
    for (; this.#due[this.#next]?.size === this.#size; this.#next++) {
      const agrees = equalBytes(this.#root(), (this.#due[this.#next] as Checkpoint).root)
      if (!agrees) this.firstBad ??= this.#size
      else if (this.firstBad === null) this.lastGood = this.#size
    }
  }
}
