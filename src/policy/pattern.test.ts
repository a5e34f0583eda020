import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { foldName } from "../core/name.ts"
import { matches, PATTERN_LIMIT, type Pattern, type PatternFault, parsePattern, specificity } from "./pattern.ts"

function compiled(text: string): Pattern {
  const parsed = parsePattern(text)
  assert.ok("pattern" in parsed, text)
  return parsed.pattern
}

const MATCHES: readonly [pattern: string, name: string, expected: boolean][] = [
  ["config/*", "config/a", true],
  ["config/*", "config/a/b/c", true],
  ["config/*", "config", false],
  ["config/*", "configuration/x", false],
  ["config/*", "x/config/a", false],
  ["config", "config", true],
  ["config", "config/a", false],
  ["*/prod", "db/prod", true],
  ["*/prod", "prod", false],
  ["*/prod", "a/b/prod", false],
  ["db/*/root", "db/eu/root", true],
  ["db/*/root", "db/eu/west/root", false],
  ["db/*/*", "db/a", false],
  ["db/*/*", "db/a/b/c", true],
  ["*", "anything", true],
  ["*", "any/thing", true],
  ["Config/*", "config/a", true],
  ["**", "anything/at/all", true],
]

for (const [pattern, name, expected] of MATCHES)
  test(`${pattern} ${expected ? "matches" : "does not match"} ${name}`, () => {
    assert.equal(matches(compiled(pattern), name.split("/")), expected)
  })

const FAULTS: readonly [text: string, fault: PatternFault][] = [
  ["", "empty"],
  ["/a", "bad_segment"],
  ["a/", "bad_segment"],
  ["a//b", "bad_segment"],
  ["a/../b", "bad_segment"],
  ["./a", "bad_segment"],
  ["a*", "bad_segment"],
  ["a/**", "bad_segment"],
  ["**/a", "bad_segment"],
  ["***", "bad_segment"],
  ["a b", "bad_segment"],
  ["a\n", "bad_segment"],
  ["a%2fb", "bad_segment"],
  ["a\\b", "bad_segment"],
  ["d\u0430tabase/*", "bad_segment"],
]

for (const [text, fault] of FAULTS)
  test(`the pattern ${JSON.stringify(text)} is refused as ${fault}`, () => {
    assert.deepEqual(parsePattern(text), { fault })
  })

test("a pattern has at most 512 characters", () => {
  for (const length of [PATTERN_LIMIT - 1, PATTERN_LIMIT]) assert.ok("pattern" in parsePattern("a".repeat(length)))
  assert.deepEqual(parsePattern("a".repeat(PATTERN_LIMIT + 1)), { fault: "too_long" })
})

test("specificity counts the literal segments before the first star", () => {
  const counted = ["**", "*", "*/a/b", "a/*", "a/*/c/*", "a/b/*", "a/b/c"].map((text) => specificity(compiled(text)))
  assert.deepEqual(counted, [0, 0, 0, 1, 1, 2, 3])
})

const segment = fc.constantFrom("a", "b", "A", "ab", "a.b", "+", "a+")
const name = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"))
const pattern = fc
  .array(fc.oneof(segment, fc.constant("*")), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join("/"))

/** What the spec says, as a regular expression. */
function oracle(text: string): RegExp {
  const parts = text.split("/")
  const sources = parts.map((part, at) => {
    if (part !== "*") return part.replaceAll(/[.+]/g, "\\$&")
    return at === parts.length - 1 ? ".+" : "[^/]+"
  })
  return new RegExp(`^${sources.join("/")}$`, "i")
}

test("the matcher agrees with a regular expression made from the same pattern", () => {
  fc.assert(
    fc.property(pattern, name, (text, name) => {
      assert.equal(matches(compiled(text), foldName(name).split("/")), oracle(text).test(name))
    }),
    { numRuns: 2_000 },
  )
})

test("the case of a pattern and of a name never matters", () => {
  fc.assert(
    fc.property(pattern, name, (text, name) => {
      const plain = matches(compiled(text), foldName(name).split("/"))
      assert.equal(matches(compiled(text.toUpperCase()), foldName(name.toLowerCase()).split("/")), plain)
      assert.equal(matches(compiled(text.toLowerCase()), foldName(name.toUpperCase()).split("/")), plain)
    }),
  )
})

test("only ASCII letters fold: look-alikes that Unicode folds to ASCII match nothing", () => {
  assert.equal(matches(compiled("k/*"), foldName("\u212a/x").split("/")), false)
  assert.equal(matches(compiled("s/*"), foldName("\u017f/x").split("/")), false)
})

const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units))

test("any text parses to a pattern or a fault", () => {
  fc.assert(fc.property(anyText, (text) => "pattern" in parsePattern(text) || "fault" in parsePattern(text)))
})
