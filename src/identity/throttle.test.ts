import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import {
  FIRST_WAIT_MS,
  FORGET_MS,
  FREE_FAILURES,
  type LoginThrottle,
  LONGEST_WAIT_MS,
  loginThrottle,
} from "./throttle.ts"

function fail(throttle: LoginThrottle, name: string, now: number): void {
  assert.deepEqual(throttle.check(name, now), { allowed: true })
  throttle.failed(name, now)
}

function failFreely(throttle: LoginThrottle, name: string, times: number, now: number): void {
  for (let n = 0; n < times; n++) fail(throttle, name, now)
}

test("five failures are free, the sixth attempt waits, to the millisecond", () => {
  const throttle = loginThrottle()
  failFreely(throttle, "ada", FREE_FAILURES, 0)
  assert.deepEqual(throttle.check("ada", 0), { retryAfterMs: FIRST_WAIT_MS })
  assert.deepEqual(throttle.check("ada", FIRST_WAIT_MS - 1), { retryAfterMs: 1 })
  assert.deepEqual(throttle.check("ada", FIRST_WAIT_MS), { allowed: true })
})

test("each further failure doubles the wait up to a quarter of an hour, and never beyond", () => {
  const throttle = loginThrottle()
  failFreely(throttle, "ada", FREE_FAILURES, 0)
  let now = 0
  const waits: number[] = []
  for (let round = 0; round < 20; round++) {
    const verdict = throttle.check("ada", now)
    assert.ok("retryAfterMs" in verdict)
    waits.push(verdict.retryAfterMs)
    now += verdict.retryAfterMs
    fail(throttle, "ada", now)
  }
  const seconds = waits.map((wait) => wait / 1000)
  assert.deepEqual(seconds, [30, 60, 120, 240, 480, ...Array.from({ length: 15 }, () => 900)])
})

test("the longest wait is a quarter of an hour, ends to the millisecond, and asking meanwhile does not lengthen it", () => {
  assert.equal(LONGEST_WAIT_MS, 15 * 60_000)
  const throttle = loginThrottle()
  failFreely(throttle, "ada", FREE_FAILURES, 0)
  let now = 0
  for (let round = 0; round < 50; round++) {
    now += LONGEST_WAIT_MS
    fail(throttle, "ada", now)
  }
  for (let at = 0; at < LONGEST_WAIT_MS; at += 1000)
    assert.deepEqual(throttle.check("ada", now + at), { retryAfterMs: LONGEST_WAIT_MS - at })
  assert.deepEqual(throttle.check("ada", now + LONGEST_WAIT_MS - 1), { retryAfterMs: 1 })
  for (const over of [0, 1]) {
    assert.deepEqual(throttle.check("ada", now + LONGEST_WAIT_MS + over), { allowed: true })
    throttle.abandoned("ada")
  }
})

test("a success clears the count; an attempt that was not checked changes nothing", () => {
  const throttle = loginThrottle()
  failFreely(throttle, "ada", FREE_FAILURES - 1, 0)
  throttle.check("ada", 0)
  throttle.succeeded("ada")
  failFreely(throttle, "ada", FREE_FAILURES - 1, 0)
  for (let n = 0; n < 100; n++) {
    assert.deepEqual(throttle.check("ada", 0), { allowed: true })
    throttle.abandoned("ada")
  }
  fail(throttle, "ada", 0)
  assert.ok("retryAfterMs" in throttle.check("ada", 0))
})

test("failures are forgotten after a quarter of an hour of quiet, counted from the end of the wait", () => {
  const free = loginThrottle()
  failFreely(free, "ada", FREE_FAILURES - 1, 0)
  fail(free, "ada", FORGET_MS - 1)
  assert.ok("retryAfterMs" in free.check("ada", FORGET_MS - 1))
  const quiet = loginThrottle()
  failFreely(quiet, "ada", FREE_FAILURES - 1, 0)
  failFreely(quiet, "ada", FREE_FAILURES, FORGET_MS)

  const late = FIRST_WAIT_MS + FORGET_MS
  const waited = loginThrottle()
  failFreely(waited, "ada", FREE_FAILURES, 0)
  fail(waited, "ada", late - 1)
  assert.deepEqual(waited.check("ada", late - 1), { retryAfterMs: 2 * FIRST_WAIT_MS })
  const rested = loginThrottle()
  failFreely(rested, "ada", FREE_FAILURES, 0)
  failFreely(rested, "ada", FREE_FAILURES, late)
})

test("a burst sent at once gets no more guesses than five, and after a wait one", () => {
  const throttle = loginThrottle()
  const burst = (now: number) => {
    const allowed = Array.from({ length: 200 }, () => throttle.check("ada", now)).filter(
      (one) => "allowed" in one,
    ).length
    for (let n = 0; n < allowed; n++) throttle.failed("ada", now)
    return allowed
  }
  assert.equal(burst(0), FREE_FAILURES)
  assert.equal(burst(0), 0)
  assert.equal(burst(FIRST_WAIT_MS), 1)
  assert.equal(burst(FIRST_WAIT_MS), 0)
})

test("whatever the order of attempts, nobody waits longer than the longest wait, and guesses stay within bounds", () => {
  const step = fc.record({
    after: fc.integer({ min: 0, max: 400_000 }),
    end: fc.constantFrom("failed", "failed", "abandoned"),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const throttle = loginThrottle()
      let now = 0
      let guesses = 0
      for (const { after, end } of steps) {
        now += after
        const verdict = throttle.check("ada", now)
        if ("retryAfterMs" in verdict) {
          assert.ok(verdict.retryAfterMs > 0 && verdict.retryAfterMs <= LONGEST_WAIT_MS)
          continue
        }
        if (end === "failed") guesses++
        throttle[end as "failed"]("ada", now)
      }
      assert.ok(guesses <= FREE_FAILURES + (now / FORGET_MS) * FREE_FAILURES + Math.ceil(now / FIRST_WAIT_MS))
    }),
    { numRuns: 100 },
  )
})

test("accounts do not disturb each other, and unknown names are counted alike", () => {
  const throttle = loginThrottle()
  failFreely(throttle, "no-such-person", FREE_FAILURES, 0)
  assert.ok("retryAfterMs" in throttle.check("no-such-person", 0))
  assert.deepEqual(throttle.check("ada", 0), { allowed: true })
})

test("the table is bounded: at the limit all are remembered, beyond it the longest quiet one is let go", () => {
  const throttle = loginThrottle(3)
  for (const name of ["a", "b", "c"]) failFreely(throttle, name, FREE_FAILURES, 0)
  for (const name of ["a", "b", "c"]) assert.ok("retryAfterMs" in throttle.check(name, 0), name)
  fail(throttle, "a", FIRST_WAIT_MS)
  fail(throttle, "d", FIRST_WAIT_MS)
  assert.deepEqual(throttle.check("b", 0), { allowed: true })
  for (const name of ["a", "c"]) assert.ok("retryAfterMs" in throttle.check(name, 0), name)
})
