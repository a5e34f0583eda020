import assert from "node:assert/strict"
import { test } from "node:test"
import { Remembered } from "./remembered.ts"

test("the budget is kept: at limit - 1 and limit nothing is forgotten, at limit + 1 the oldest is", () => {
  for (const [last, forgot] of [
    [3, false],
    [4, false],
    [5, true],
  ] as const) {
    const some = new Remembered<number>(10)
    some.put("a", 1, 3)
    some.put("b", 2, 3)
    some.put("c", 3, last)
    assert.equal(some.forgot, forgot)
    assert.deepEqual([some.get("a"), some.get("b"), some.get("c")], [forgot ? undefined : 1, 2, 3])
  }
})

test("what is put again is the newest and is counted once; what is removed frees its cost", () => {
  const some = new Remembered<number>(10)
  some.put("a", 1, 5)
  some.put("b", 2, 5)
  some.put("a", 3, 5)
  assert.equal(some.forgot, false)
  some.put("c", 4, 5)
  assert.deepEqual([some.has("a"), some.has("b"), some.has("c")], [true, false, true])
  some.remove("a")
  some.remove("a")
  some.remove("unknown")
  some.put("d", 5, 5)
  assert.deepEqual([some.get("c"), some.get("d")], [4, 5])
})

test("an item above the whole budget is not kept", () => {
  const some = new Remembered<number>(10)
  some.put("a", 1, 11)
  assert.deepEqual([some.get("a"), some.forgot], [undefined, true])
  some.put("b", 2, 10)
  assert.equal(some.get("b"), 2)
})
