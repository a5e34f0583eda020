import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { test } from "node:test"
import * as fc from "fast-check"
import { equalBytes } from "../core/bytes.ts"
import { appendLeaf, EMPTY_EDGE, HASH_BYTES, hashChildren, rootOf } from "./merkle.ts"
import { inclusionProof, rootAt, type TreeSource } from "./proof.ts"

const MOST = 70_000
const leaves = Array.from({ length: MOST }, (_, n) => hash("sha256", `leaf ${n}`, "buffer"))
const nodes = new Map<string, Buffer>()
const reads: string[] = []

/** Only what the database keeps: leaves, and finished subtrees at stored levels. */
const source: TreeSource = {
  leafHashes: async (from, to) => {
    reads.push(`0:${to - from}`)
    return leaves.slice(from, to)
  },
  node: async (level, position) => {
    reads.push(`${level}:1`)
    return nodes.get(`${level}/${position}`)
  },
}

const roots = new Map<number, Buffer>([[0, rootOf(EMPTY_EDGE)]])
let edge: Buffer = EMPTY_EDGE
for (const [size, leaf] of leaves.entries()) {
  const next = appendLeaf(size, edge, leaf)
  edge = next.edge
  for (const node of next.completed) nodes.set(`${node.level}/${node.position}`, node.hash)
  if (size < 600 || size % 1000 === 999 || size > 65_000) roots.set(size + 1, rootOf(edge))
}
const sizes = [...roots.keys()].filter((size) => size > 0)
const rootOfSize = (size: number): Buffer => roots.get(size) as Buffer

/** PATH as RFC 6962 writes them, over plain arrays. */
function naiveRoot(list: readonly Buffer[]): Buffer {
  if (list.length === 1) return list[0] as Buffer
  const split = splitOf(list.length)
  return hashChildren(naiveRoot(list.slice(0, split)), naiveRoot(list.slice(split)))
}
function naivePath(index: number, list: readonly Buffer[]): Buffer[] {
  if (list.length === 1) return []
  const split = splitOf(list.length)
  if (index < split) return [...naivePath(index, list.slice(0, split)), naiveRoot(list.slice(split))]
  return [...naivePath(index - split, list.slice(split)), naiveRoot(list.slice(0, split))]
}
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
}

/** RFC 9162, section 2.1.3.2. */
function verifyInclusion(
  index: number,
  size: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (index >= size) return false
  let at = index
  let last = size - 1
  let node: Uint8Array = leafHash
  for (const sibling of proof) {
    if (last === 0 || sibling.byteLength !== HASH_BYTES) return false
    if (at % 2 === 1 || at === last) {
      node = hashChildren(sibling, node)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)]
    } else node = hashChildren(node, sibling)
    at = half(at)
    last = half(last)
  }
  return last === 0 && equalBytes(node, root)
}

function half(value: number): number {
  return Math.floor(value / 2)
}

const smallTree = fc.integer({ min: 1, max: 600 })
const storedSize = fc.constantFrom(...sizes)

test("an inclusion proof is the audit path that RFC 6962 defines, and it verifies", async () => {
  await fc.assert(
    fc.asyncProperty(smallTree, fc.nat(), async (size, pick) => {
      const index = pick % size
      const proof = await inclusionProof(source, index, size)
      assert.deepEqual(proof, naivePath(index, leaves.slice(0, size)))
      assert.ok(verifyInclusion(index, size, leaves[index] as Buffer, proof, rootOfSize(size)))
    }),
    { numRuns: 60 },
  )
})

test("proofs over stored nodes of two levels verify, and read no more than a few ranges", async () => {
  await fc.assert(
    fc.asyncProperty(storedSize, fc.nat(), async (size, pick) => {
      const index = pick % size
      reads.length = 0
      const path = await inclusionProof(source, index, size)
      assert.ok(reads.length <= 2 + 2 * 256, `${reads.length} reads`)
      assert.ok(reads.filter((read) => read.startsWith("0:")).length <= 2)
      assert.ok(verifyInclusion(index, size, leaves[index] as Buffer, path, rootOfSize(size)))
      assert.deepEqual(await rootAt(source, size), rootOfSize(size))
    }),
    { numRuns: 60 },
  )
})

test("a proof does not verify for another leaf, index, size, root or order of hashes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 3, max: 600 }), fc.nat(), async (size, pick) => {
      const index = pick % size
      const leaf = leaves[index] as Buffer
      const path = await inclusionProof(source, index, size)
      const root = rootOfSize(size)
      assert.ok(!verifyInclusion(index, size, leaves[size] as Buffer, path, root))
      assert.ok(!verifyInclusion((index + 1) % size, size, leaf, path, root))
      assert.ok(!verifyInclusion(index, size, leaf, path.slice(1), root))
      assert.ok(!verifyInclusion(index, size, leaf, [...path, leaf], root))
      assert.ok(!verifyInclusion(index, size, leaf, path, rootOfSize(size - 1)))
      assert.ok(!verifyInclusion(size, size, leaf, path, root))
    }),
    { numRuns: 60 },
  )
})

test("the root of no leaves is the empty tree's", async () => {
  assert.deepEqual(await rootAt(source, 0), rootOfSize(0))
})

test("what is outside the tree has no proof, and a tree with a hole says so", async () => {
  for (const [index, size] of [
    [7, 7],
    [-1, 7],
    [0.5, 7],
    [0, 0],
  ] as const)
    await assert.rejects(inclusionProof(source, index, size), RangeError)
  const holed: TreeSource = { ...source, node: async () => undefined }
  await assert.rejects(inclusionProof(holed, 0, 1000), /lacks hashes of level 8/)
})
