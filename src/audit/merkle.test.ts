import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import * as fc from "fast-check"
import { appendLeaf, EMPTY_EDGE, hashChildren, rootOf, type TreeNode } from "./merkle.ts"

const leafNumber = (n: number): Buffer => createHash("sha256").update(`leaf ${n}`).digest()

/** MTH of RFC 6962, section 2.1, as written there. */
export function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash("sha256").digest()
  if (leaves.length === 1) return leaves[0] as Buffer
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return hashChildren(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

function grow(count: number): { edge: Buffer; completed: TreeNode[] } {
  let edge: Buffer = EMPTY_EDGE
  const completed: TreeNode[] = []
  for (let size = 0; size < count; size++) {
    const next = appendLeaf(size, edge, leafNumber(size))
    edge = next.edge
    completed.push(...next.completed)
  }
  return { edge, completed }
}

test("the root over the edge is the root that RFC 6962 defines", () => {
  const leaves = Array.from({ length: 300 }, (_, n) => leafNumber(n))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (size) => {
      assert.deepEqual(rootOf(grow(size).edge), naiveRoot(leaves.slice(0, size)))
    }),
    { numRuns: 40 },
  )
})

test("the empty tree and the published tree of eight leaves have their published roots", () => {
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
  let edge: Buffer = EMPTY_EDGE
  assert.equal(rootOf(edge).toString("hex"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  for (const [size, hex] of inputs.entries()) {
    const leaf = createHash("sha256").update(Buffer.of(0)).update(Buffer.from(hex, "hex")).digest()
    edge = appendLeaf(size, edge, leaf).edge
  }
  assert.equal(rootOf(edge).toString("hex"), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
})

test("subtrees are reported when their last leaf arrives, at levels 8 and 16 only so far", () => {
  const { completed } = grow(65_536 + 255)
  assert.deepEqual(
    completed.filter((n) => n.level === 8).map((n) => n.position),
    [...Array(256).keys()],
  )
  assert.deepEqual(
    completed.filter((n) => n.level !== 8).map((n) => [n.level, n.position]),
    [[16, 0]],
  )
  const second = Array.from({ length: 256 }, (_, n) => leafNumber(256 + n))
  assert.deepEqual(completed[1]?.hash, naiveRoot(second))
})

test("an edge of another tree is refused", () => {
  assert.throws(() => appendLeaf(2, grow(3).edge, leafNumber(2)))
  assert.throws(() => appendLeaf(0, grow(1).edge, leafNumber(0)))
})

test("sizes beyond 2^32 are counted exactly", () => {
  const edge = Buffer.alloc(32 * 33, 1)
  const { edge: next, completed } = appendLeaf(2 ** 33 - 1, edge, leafNumber(0))
  assert.equal(next.byteLength, 32)
  assert.deepEqual(
    completed.map((n) => [n.level, n.position]),
    [
      [8, 2 ** 25 - 1],
      [16, 2 ** 17 - 1],
      [24, 511],
    ],
  )
})
