import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { test } from "node:test"
import * as fc from "fast-check"
import { appendLeaf, EMPTY_EDGE, hashChildren, rootOf } from "./merkle.ts"
import {
  consistencyProof,
  inclusionProof,
  rootAt,
  type TreeSource,
  verifyConsistency,
  verifyInclusion,
} from "./proof.ts"

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

/** PATH and PROOF as RFC 6962 writes them, over plain arrays. */
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
function naiveProof(old: number, list: readonly Buffer[], whole: boolean): Buffer[] {
  if (old === list.length) return whole ? [] : [naiveRoot(list)]
  const split = splitOf(list.length)
  if (old <= split) return [...naiveProof(old, list.slice(0, split), whole), naiveRoot(list.slice(split))]
  return [...naiveProof(old - split, list.slice(split), false), naiveRoot(list.slice(0, split))]
}
function splitOf(count: number): number {
  let split = 1
  while (split * 2 < count) split *= 2
  return split
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

test("a consistency proof is the one that RFC 6962 defines, and it verifies", async () => {
  await fc.assert(
    fc.asyncProperty(smallTree, fc.nat(), async (size, pick) => {
      const old = 1 + (pick % size)
      const proof = await consistencyProof(source, old, size)
      assert.deepEqual(proof, naiveProof(old, leaves.slice(0, size), true))
      assert.ok(verifyConsistency(old, size, rootOfSize(old), rootOfSize(size), proof))
    }),
    { numRuns: 60 },
  )
})

test("proofs over stored nodes of two levels verify, and read no more than a few ranges", async () => {
  await fc.assert(
    fc.asyncProperty(storedSize, storedSize, fc.nat(), async (a, b, pick) => {
      const [old, size] = a < b ? [a, b] : [b, a]
      const index = pick % size
      reads.length = 0
      const path = await inclusionProof(source, index, size)
      assert.ok(reads.length <= 2 + 2 * 256, `${reads.length} reads`)
      assert.ok(reads.filter((read) => read.startsWith("0:")).length <= 2)
      assert.ok(verifyInclusion(index, size, leaves[index] as Buffer, path, rootOfSize(size)))
      const proof = await consistencyProof(source, old, size)
      assert.ok(verifyConsistency(old, size, rootOfSize(old), rootOfSize(size), proof))
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
      const old = 1 + (pick % (size - 1))
      const proof = await consistencyProof(source, old, size)
      assert.ok(!verifyConsistency(old, size, rootOfSize(size), root, proof))
      assert.ok(!verifyConsistency(old, size, rootOfSize(old), rootOfSize(old), proof))
      assert.ok(!verifyConsistency(old, size, rootOfSize(old), root, proof.slice(1)))
      assert.ok(!verifyConsistency(old, size, rootOfSize(old), root, [...proof, leaf]))
      assert.ok(!verifyConsistency(size, old, root, rootOfSize(old), proof))
    }),
    { numRuns: 60 },
  )
})

test("equal trees and the empty tree need an empty proof", async () => {
  assert.deepEqual(await rootAt(source, 0), rootOfSize(0))
  assert.deepEqual(await consistencyProof(source, 7, 7), [])
  assert.deepEqual(await consistencyProof(source, 0, 7), [])
  assert.ok(verifyConsistency(7, 7, rootOfSize(7), rootOfSize(7), []))
  assert.ok(!verifyConsistency(7, 7, rootOfSize(7), rootOfSize(6), []))
  assert.ok(verifyConsistency(0, 7, rootOfSize(0), rootOfSize(7), []))
  assert.ok(!verifyConsistency(3, 7, rootOfSize(3), rootOfSize(7), []))
})

test("what is outside the tree has no proof, and a tree with a hole says so", async () => {
  for (const [index, size] of [
    [7, 7],
    [-1, 7],
    [0.5, 7],
    [0, 0],
  ] as const)
    await assert.rejects(inclusionProof(source, index, size), RangeError)
  await assert.rejects(consistencyProof(source, 8, 7), RangeError)
  const holed: TreeSource = { ...source, node: async () => undefined }
  await assert.rejects(inclusionProof(holed, 0, 1000), /lacks hashes of level 8/)
})
