import { appendLeaf, EMPTY_EDGE, rootOf, type TreeNode } from "../audit/merkle.ts"

/** The log's tree, grown from stored leaf hashes. */
export class Tree {
  #edge: Buffer = EMPTY_EDGE
  #size = 0

  get size(): number {
    return this.#size
  }

  get edge(): Buffer {
    return this.#edge
  }

  root(): Buffer {
    return rootOf(this.#edge)
  }

  /** @returns the nodes it completes that are stored */
  append(leafHash: Uint8Array): readonly TreeNode[] {
    const { edge, completed } = appendLeaf(this.#size, this.#edge, leafHash)
    this.#edge = edge
    this.#size++
    return completed
  }
}
