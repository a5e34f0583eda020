import assert from "node:assert/strict"
import { test } from "node:test"
import { systemClock } from "../core/clock.ts"
import { Turn } from "../core/turn.ts"
import type { WatchedEntry } from "../state/rows.ts"
import { countOf, evidence, spanText } from "./evidence.ts"
import { trailOf } from "./trail.ts"

/** A log of so many entries, a second apart; every third is refused, and those of `emptied` say nothing any more. */
function logOf(size: number, emptied: (index: number) => boolean = () => false) {
  const entry = (index: number): WatchedEntry => ({
    index,
    timestamp: index * 1000,
    action: (emptied(index) ? null : index % 2 === 0 ? "GET" : "LIST") as string,
    result: index % 3 === 0 ? "DENIED" : "SUCCESS",
    resourceType: "secret",
    resourceName: "config/app",
    userId: `p${index % 5}`,
    principalKind: "person",
    decision: "permit",
    details: null,
  })
  return {
    head: async () => ({ size }) as never,
    watchedEntries: async (from: number, limit: number) =>
      Array.from({ length: Math.min(limit, size - from) }, (_, at) => entry(from + at)),
  }
}

const turn = () => new Turn(systemClock)

test("it goes back to the time asked for, newest first, across its pages, and no further", async () => {
  const seen: number[] = []
  const trail = await trailOf(logOf(1_000), turn(), 400_000, ({ index }) => seen.push(index))
  assert.deepEqual(
    seen,
    Array.from({ length: 600 }, (_, at) => 999 - at),
  )
  assert.deepEqual([trail.cut, trail.since], [false, 400_000])
  assert.equal(countOf(trail.done, "GET", "LIST") + countOf(trail.refused, "GET", "LIST"), 600)
  assert.deepEqual(evidence(trail, "GET", "LIST"), [998, 997])
  assert.equal(trail.refused.get("LIST")?.index, 999)
  assert.equal(trail.lastSeen.get("p4"), 994_000)
})

test("the bound holds at its limit and one more, and where it cut is said", async () => {
  const at = (most: number) => trailOf(logOf(1_000), turn(), 0, undefined, most)
  const all = await at(1_000)
  assert.deepEqual([all.looked, all.cut, all.since], [1_000, false, 0])
  const less = await at(999)
  assert.deepEqual([less.looked, less.cut, less.since], [999, true, 1_000])
  assert.equal(spanText(less, 1_000_000), "in the newest 999 entries")
  assert.deepEqual([(await at(1_001)).looked, (await trailOf(logOf(0), turn(), 0)).looked], [1_000, 0])
})

test("what retention has emptied counts for nothing", async () => {
  const trail = await trailOf(
    logOf(100, (index) => index >= 50),
    turn(),
    0,
  )
  assert.equal(evidence(trail, "GET")[0], 46)
  assert.ok([...trail.lastSeen.values()].every((time) => time < 50_000))
})
