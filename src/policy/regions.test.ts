import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { matches, type Pattern, parsePattern } from "./pattern.ts"
import { regionsOf } from "./regions.ts"

const ALL = 1_000_000

function patternOf(text: string): Pattern {
  const parsed = parsePattern(text)
  assert.ok("pattern" in parsed)
  return parsed.pattern
}

/** Which of the patterns match, as a text. */
function region(patterns: readonly Pattern[], name: string): string {
  return patterns.flatMap((pattern, at) => (matches(pattern, name.split("/")) ? [at] : [])).join()
}

/** Every name over the alphabet of up to so many segments. */
function names(alphabet: readonly string[], most: number): readonly string[] {
  if (most === 0) return []
  const shorter = names(alphabet, most - 1)
  return [...alphabet, ...shorter.flatMap((name) => alphabet.map((segment) => `${segment}/${name}`))]
}

const UNIVERSE = names(["a", "b", "c"], 5)

const patterns = fc.uniqueArray(
  fc
    .array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 4 })
    .map((segments) => patternOf(segments.join("/"))),
  { maxLength: 6, selector: ({ text }) => text },
)

test("one name for each region that any name is in, and no more", () => {
  fc.assert(
    fc.property(patterns, (patterns) => {
      const found = regionsOf(patterns, () => true, ALL)
      assert.ok(found.complete)
      const regions = found.names.map((name) => region(patterns, name))
      assert.equal(new Set(regions).size, regions.length)
      assert.deepEqual(new Set(regions), new Set(UNIVERSE.map((name) => region(patterns, name))))
    }),
    { numRuns: 400 },
  )
})

test("only the regions that are of interest are looked for", () => {
  fc.assert(
    fc.property(patterns, fc.nat(5), (patterns, wanted) => {
      const all = regionsOf(patterns, () => true, ALL).names.map((name) => region(patterns, name))
      const found = regionsOf(patterns, (alive) => alive.includes(wanted), ALL).names
      const regions = found.map((name) => region(patterns, name))
      const expected = all.filter((numbers) => numbers.split(",").includes(String(wanted)))
      assert.deepEqual(new Set(regions), new Set(expected))
    }),
    { numRuns: 400 },
  )
})

test("without patterns there is one region, and the segment that stands for all others is in no pattern", () => {
  assert.deepEqual(
    regionsOf([], () => true, ALL),
    { names: ["any"], complete: true },
  )
  const { names } = regionsOf([patternOf("any/x"), patternOf("any-1/x")], () => true, ALL)
  assert.deepEqual(new Set(names), new Set(["any/x", "any-1/x", "any-2"]))
})

test("the search ends at its bound and says so", () => {
  const literalAt = (at: number): Pattern =>
    patternOf(Array.from({ length: 21 }, (_, i) => (i === at ? "a" : "*")).join("/"))
  const hard = Array.from({ length: 20 }, (_, at) => literalAt(at))
  const found = regionsOf(hard, () => true, 1_000)
  assert.equal(found.complete, false)
  assert.ok(found.names.length <= 1_000)
})

test("one state below the bound, at it and above it", () => {
  const three = [patternOf("a"), patternOf("b"), patternOf("c")]
  const needed = [1, 2, 3, 4, 5, 6, 7, 8, 9].find((most) => regionsOf(three, () => true, most).complete) ?? 0
  assert.ok(needed > 3)
  assert.equal(regionsOf(three, () => true, needed - 1).complete, false)
  assert.equal(regionsOf(three, () => true, needed + 1).complete, true)
})

test("a thousand rows of the usual kind are walked whole", () => {
  const many = Array.from({ length: 1_000 }, (_, at) => patternOf(`team-${at % 50}/app-${at}/*`))
  const { names, complete } = regionsOf([...many, patternOf("*/app-3/prod")], () => true, 10_000)
  assert.ok(complete)
  assert.ok(names.length >= 1_002)
})
