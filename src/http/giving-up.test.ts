import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { givingUp } from "./giving-up.ts"

test("a reader who takes nothing for too long loses the stream, and its source is let go", async () => {
  const seen = { closed: false }
  async function* source(): AsyncGenerator<number> {
    try {
      for (let at = 0; ; at++) yield at
    } finally {
      seen.closed = true
    }
  }
  const pieces = source()
  const taken = givingUp(await pieces.next(), pieces, 5)
  assert.equal((await taken.next()).value, 0)
  assert.equal((await taken.next()).value, 1)
  while (!seen.closed) await pause(1)
  await assert.rejects(taken.next(), /stopped taking/)
})

test("a stream that ends is passed on whole", async () => {
  async function* source(): AsyncGenerator<number> {
    yield 1
    yield 2
  }
  const pieces = source()
  const all: number[] = []
  for await (const one of givingUp(await pieces.next(), pieces, 60_000)) all.push(one)
  assert.deepEqual(all, [1, 2])
})
