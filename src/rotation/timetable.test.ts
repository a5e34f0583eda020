import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { checkTimetable, mayBegin, nextDue, TimetableFault } from "./timetable.ts"

const at = (iso: string): number => Date.parse(iso)
const FRIDAY = at("2026-11-27T00:00:00Z")
const HOUR_MS = 3_600_000
const none = { days: null, expression: null, windowHours: null }

test("days and rates count from the last time, cron names its hours in UTC", () => {
  const due = (expression: string) => new Date(nextDue({ days: null, expression }, FRIDAY) ?? 0).toISOString()
  assert.equal(nextDue({ days: 30, expression: null }, FRIDAY), at("2026-12-27T00:00:00Z"))
  assert.equal(nextDue(none, FRIDAY), null)
  assert.equal(due("rate(1 day)"), "2026-11-28T00:00:00.000Z")
  assert.equal(due("rate(4 hours)"), "2026-11-27T04:00:00.000Z")
  // Those of AWS's own examples, and what they say they mean.
  assert.equal(due("cron(0 8 1 * ? *)"), "2026-12-01T08:00:00.000Z")
  assert.equal(due("cron(0 16 ? * SAT *)"), "2026-11-28T16:00:00.000Z")
  assert.equal(due("cron(0 16 ? * 7 *)"), "2026-11-28T16:00:00.000Z")
  assert.equal(due("cron(0 18 ? * 6L *)"), "2026-11-27T18:00:00.000Z")
  assert.equal(due("cron(0 22 ? 1/3 SUN#1 *)"), "2027-01-03T22:00:00.000Z")
  assert.equal(due("cron(0 20 L * ? *)"), "2026-11-30T20:00:00.000Z")
  assert.equal(due("cron(0 8/12 1 * ? *)"), "2026-12-01T08:00:00.000Z")
})

test("what is due is always later than what was", () => {
  const expression = fc.oneof(
    fc.integer({ min: 4, max: 24_000 }).map((hours) => `rate(${hours} hours)`),
    fc.integer({ min: 1, max: 1000 }).map((days) => `rate(${days} days)`),
    fc
      .record({ hour: fc.integer({ min: 0, max: 23 }), day: fc.integer({ min: 1, max: 28 }) })
      .map(({ hour, day }) => `cron(0 ${hour} ${day} * ? *)`),
    fc.integer({ min: 1, max: 7 }).map((weekday) => `cron(30 2 ? * ${weekday} *)`),
  )
  fc.assert(
    fc.property(expression, fc.integer({ min: at("2020-01-01"), max: at("2090-01-01") }), (text, after) => {
      const due = nextDue({ days: null, expression: text }, after)
      assert.ok(due !== null && due > after)
      if (text.startsWith("rate")) assert.equal((due - after) % HOUR_MS, 0)
    }),
  )
})

test("bounds, each at its limits", () => {
  const field = (table: object): string | undefined => {
    try {
      checkTimetable({ ...none, ...table }, FRIDAY)
      return undefined
    } catch (error) {
      assert.ok(error instanceof TimetableFault)
      return error.field
    }
  }
  assert.equal(field({}), undefined)
  assert.deepEqual(
    [0, 1, 1000, 1001, 1.5].map((days) => field({ days })),
    ["days", undefined, undefined, "days", "days"],
  )
  const rates = [
    "rate(3 hours)",
    "rate(4 hours)",
    "rate(1000 days)",
    "rate(1001 days)",
    "rate(24000 hours)",
    "rate(24001 hours)",
  ]
  assert.deepEqual(
    rates.map((expression) => field({ expression })),
    ["expression", undefined, undefined, "expression", undefined, "expression"],
  )
  const crons = ["cron(0 0/3 ? * * *)", "cron(0 0/4 ? * * *)", "cron(0 0,3 1 * ? *)", "cron(0 0,4 1 * ? *)"]
  assert.deepEqual(
    crons.map((expression) => field({ expression })),
    ["expression", undefined, "expression", undefined],
  )
  assert.deepEqual(
    [0, 1, 24, 25, 1.5].map((windowHours) => field({ days: 2, windowHours })),
    ["windowHours", undefined, undefined, "windowHours", "windowHours"],
  )
  assert.deepEqual(
    [4, 5].map((windowHours) => field({ expression: "rate(4 hours)", windowHours })),
    [undefined, "windowHours"],
  )
  for (const table of [
    { windowHours: 3 },
    { days: 1, expression: "rate(1 day)" },
    ...[
      "",
      "every day",
      "rate(0 days)",
      "rate(1 week)",
      "cron(0 0 * * * *)",
      "cron(0 0 ? * ? *)",
      "cron(0 0 * * *)",
    ].map((expression) => ({ expression })),
    { expression: "cron(0 25 1 * ? *)" },
    { expression: "cron(0 0 31 2 ? *)" },
    { expression: "cron(0 0 1 1 ? 2020)" },
    { expression: `cron(${"0".repeat(300)} 0 1 * ? *)` },
  ])
    assert.notEqual(field(table), undefined, JSON.stringify(table))
})

test("a window ends after its hours, and without one there is no end", () => {
  assert.ok(mayBegin({ windowHours: 3 }, FRIDAY, FRIDAY + 3 * HOUR_MS - 1))
  assert.ok(!mayBegin({ windowHours: 3 }, FRIDAY, FRIDAY + 3 * HOUR_MS))
  assert.ok(mayBegin({ windowHours: null }, FRIDAY, FRIDAY + 1e12))
})
