import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { categoryOf, foldName, type NameFault, nameLimit, parseName, type SecretName } from "./name.ts"

const LIMIT = nameLimit("tyler-setup")

test("the longest name fits AWS together with its prefix", () => {
  assert.equal(LIMIT, 500)
  assert.equal(`tyler-setup/${"a".repeat(LIMIT)}`.length, 512)
  for (const length of [LIMIT - 1, LIMIT]) assert.ok("name" in parseName("a".repeat(length), LIMIT))
  assert.deepEqual(parseName("a".repeat(LIMIT + 1), LIMIT), { fault: "too_long" })
})

test("good names keep their spelling", () => {
  for (const text of [
    "config/test-secret",
    "a",
    "A/b/C",
    "a.b/..c/d..",
    "...",
    "x/_+=.@-",
    "__proto__",
    "1/2",
    "a/b-AbC123",
  ])
    assert.deepEqual(parseName(text, LIMIT), { name: text })
})

const BAD: readonly [text: string, fault: NameFault][] = [
  ["", "empty"],
  ["/a", "empty_segment"],
  ["a/", "empty_segment"],
  ["a//b", "empty_segment"],
  ["/", "empty_segment"],
  [".", "dot_segment"],
  ["a/../b", "dot_segment"],
  ["a/./b", "dot_segment"],
  ["..", "dot_segment"],
  ["a/%2e%2e/b", "bad_character"],
  ["a%2fb", "bad_character"],
  ["a\\b", "bad_character"],
  ["a b", "bad_character"],
  [" a", "bad_character"],
  ["a\n", "bad_character"],
  ["a\0b", "bad_character"],
  ["a\u007f", "bad_character"],
  ["a:b", "bad_character"],
  ["a*", "bad_character"],
  ["a?b", "bad_character"],
  ["d\u0430tabase/x", "bad_character"],
  ["data\u200bbase/x", "bad_character"],
  ["\ufeffa", "bad_character"],
  ["\uff41/x", "bad_character"],
  ["e\u0301", "bad_character"],
  ["\ud800", "bad_character"],
]

for (const [text, fault] of BAD)
  test(`the name ${JSON.stringify(text)} is refused as ${fault}`, () => {
    assert.deepEqual(parseName(text, LIMIT), { fault })
  })

test("what parses is exactly the grammar, and is never repaired", () => {
  const part = fc.constantFrom("a", "Z", "0", "_", "+", "=", ".", "@", "-", "/", "%", "*", " ", "\n", "\\", "\u00e9")
  const grammar = /^(?!(?:[^]*\/)?\.{1,2}(?:\/|$))[\w+=.@-]+(?:\/[\w+=.@-]+)*$/
  fc.assert(
    fc.property(fc.string({ unit: part, maxLength: 12 }), (text) => {
      const parsed = parseName(text, LIMIT)
      assert.equal("name" in parsed, grammar.test(text))
      if ("name" in parsed) assert.equal(parsed.name, text)
    }),
    { numRuns: 3_000 },
  )
})

const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units))

test("folding touches ASCII letters only", () => {
  assert.equal(foldName("AbZ/09_+=.@-"), "abz/09_+=.@-")
  assert.equal(foldName("\u0130\u212a\u00c9"), "\u0130\u212a\u00c9")
  fc.assert(fc.property(anyText, (text) => foldName(text).length === text.length))
})

test("a category is the first of at least two segments", () => {
  assert.equal(categoryOf("a/b/c" as SecretName), "a")
  assert.equal(categoryOf("a" as SecretName), undefined)
})
