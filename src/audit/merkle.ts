import { digest } from "./digest.ts"

/** RFC 6962 Merkle tree, kept as its right edge: the roots of the perfect subtrees, largest first, 32 bytes each. */

export const HASH_BYTES = 32
/** The edge of a tree without leaves. */
export const EMPTY_EDGE: Buffer = Buffer.alloc(0)

/** The root of the perfect subtree over leaves `position * 2^level` up to `(position + 1) * 2^level`. */
export interface TreeNode {
  readonly level: number
  readonly position: number
  readonly hash: Buffer
}

export interface Appended {
  readonly edge: Buffer
  /** Subtrees at the stored levels that this leaf finished, lowest first. */
  readonly completed: readonly TreeNode[]
}

const NONE: readonly TreeNode[] = []
const pair = Buffer.alloc(1 + 2 * HASH_BYTES, 1)

/** SHA-256(0x01 || left || right). */
export function hashChildren(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 1)
  pair.set(right, 1 + HASH_BYTES)
  return digest(pair)
}

/**
 * Appends leaf number `size` to a tree of `size` leaves. `size` at most 2^53 - 2. Costs one hash on average.
 * Throws if the edge does not belong to a tree of that size.
 */
export function appendLeaf(size: number, edge: Uint8Array, leafHash: Uint8Array): Appended {
  if (edge.byteLength !== edgeBytes(size)) throw new Error("the edge does not belong to a tree of this size")
  let node = leafHash
  let kept = edge.byteLength
  let completed: TreeNode[] | undefined
  for (let level = 1, rest = size; rest % 2 === 1; level++, rest = (rest - 1) / 2) {
    node = hashChildren(edge.subarray(kept - HASH_BYTES, kept), node)
    kept -= HASH_BYTES
    if (level % 8 === 0 && level <= 24) {
      completed ??= []
      completed.push({ level, position: (rest - 1) / 2, hash: node as Buffer })
    }
  }
  const next = Buffer.allocUnsafe(kept + HASH_BYTES)
  next.set(kept === edge.byteLength ? edge : edge.subarray(0, kept))
  next.set(node, kept)
  return { edge: next, completed: completed ?? NONE }
}

/** Root of the tree with this edge; of the empty tree, SHA-256 of nothing. */
export function rootOf(edge: Uint8Array): Buffer {
  if (edge.byteLength === 0) return digest(EMPTY_EDGE)
  let at = edge.byteLength - HASH_BYTES
  let root: Buffer = Buffer.from(edge.subarray(at))
  for (at -= HASH_BYTES; at >= 0; at -= HASH_BYTES) root = hashChildren(edge.subarray(at, at + HASH_BYTES), root)
  return root
}

/** One subtree for every 1 bit of the size. */
function edgeBytes(size: number): number {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return ones * HASH_BYTES
}
