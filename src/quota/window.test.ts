import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { rateLimiter } from "./window.ts"

const OPTIONS = { windowMs: 1_000, max: 3, capacity: 100 }
const allowed = { allowed: true }

test("a window lets max through and then says how long it lasts", () => {
  const limiter = rateLimiter(OPTIONS)
  for (const now of [0, 400, 999]) assert.deepEqual(limiter.take("a", now, 1), allowed)
  assert.deepEqual(limiter.take("a", 999, 1), { limit: 3, retryAfterMs: 1 })
  assert.deepEqual(limiter.take("b", 999, 1), allowed)
})

test("a window ends after windowMs, not a millisecond earlier", () => {
  const limiter = rateLimiter(OPTIONS)
  limiter.take("a", 0, 3)
  assert.deepEqual(limiter.take("a", 999, 1), { limit: 3, retryAfterMs: 1 })
  assert.deepEqual(limiter.take("a", 1_000, 3), allowed)
  assert.deepEqual(limiter.take("a", 1_001, 1), { limit: 3, retryAfterMs: 999 })
})

test("a count passes whole or not at all", () => {
  const limiter = rateLimiter(OPTIONS)
  assert.deepEqual(limiter.take("a", 0, 2), allowed)
  assert.ok("limit" in limiter.take("a", 0, 2))
  assert.deepEqual(limiter.take("a", 0, 1), allowed)
  assert.ok("limit" in limiter.take("b", 0, 4))
})

test("a count of 0 looks and takes nothing", () => {
  const limiter = rateLimiter(OPTIONS)
  for (let at = 0; at < 10; at++) assert.deepEqual(limiter.take("a", 0, 0), allowed)
  assert.equal(limiter.size, 0)
  limiter.take("a", 0, 3)
  assert.ok("limit" in limiter.take("a", 0, 0))
})

test("a million distinct keys never fill more than the capacity", () => {
  const limiter = rateLimiter({ ...OPTIONS, capacity: 10_000 })
  let most = 0
  for (let at = 0; at < 1_000_000; at++) {
    limiter.take(`key-${at}`, at / 1_000, (at % 3) + 1)
    most = Math.max(most, limiter.size)
  }
  assert.ok(most <= 10_000, `${most}`)
})

test("a key is remembered once, used up or not", () => {
  const limiter = rateLimiter(OPTIONS)
  for (let at = 1; at <= 3; at++) {
    limiter.take("a", 0, 1)
    assert.equal(limiter.size, 1)
  }
})

test("a window with something left outlives at least a quarter of the capacity in new keys", () => {
  const limiter = rateLimiter(OPTIONS)
  limiter.take("a", 0, 2)
  for (let at = 0; at < OPTIONS.capacity / 4; at++) limiter.take(`new-${at}`, 0, 1)
  assert.ok("limit" in limiter.take("a", 0, 2))
})

test("a flood of new keys frees nobody who is over the limit", () => {
  const limiter = rateLimiter({ ...OPTIONS, windowMs: 1_000_000 })
  limiter.take("over", 0, 3)
  for (let at = 0; at < 10_000; at++) limiter.take(`new-${at}`, 1 + at, 2)
  assert.ok("limit" in limiter.take("over", 20_000, 1))
})

test("a table full of used-up windows lets the oldest go", () => {
  const limiter = rateLimiter({ ...OPTIONS, capacity: 8 })
  for (const key of ["a", "b", "c", "d", "e"]) limiter.take(key, 0, 3)
  assert.deepEqual(limiter.take("a", 1, 0), allowed)
  for (const key of ["b", "c", "d", "e"]) assert.ok("limit" in limiter.take(key, 1, 0))
})

test("below its capacity the table counts exactly as one window per key does", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(400), fc.nat(4)), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (steps) => {
      const limiter = rateLimiter(OPTIONS)
      const model = new Map<string, { start: number; used: number }>()
      let now = 0
      for (const [key, pause, count] of steps) {
        now += pause
        const held = model.get(key)
        const window = held !== undefined && now - held.start < 1_000 ? held : { start: now, used: 0 }
        const passes = count === 0 ? window.used < 3 : window.used + count <= 3
        assert.equal("allowed" in limiter.take(key, now, count), passes)
        if (passes && count > 0) model.set(key, { start: window.start, used: window.used + count })
      }
    }),
  )
})
