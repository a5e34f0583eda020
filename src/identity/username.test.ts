import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { parseUsername, USERNAME_LIMIT } from "./username.ts"

const nameOf = (text: string) => (parseUsername(text) as { name?: string }).name
const faultOf = (text: string) => (parseUsername(text) as { fault?: string }).fault

test("every spelling of a name comes to one canonical name", () => {
  for (const spelling of ["ada", "ADA", "  Ada\t", "ａｄａ", "\u00a0ada\u3000", "𝐀𝐝𝐚"])
    assert.equal(nameOf(spelling), "ada", spelling)
  assert.equal(nameOf("\u212aarl"), "karl", "the Kelvin sign is a K")
  assert.equal(nameOf("a.da_l@Example.org"), "a.da_l@example.org")
})

test("a canonical name is its own canonical name, within bounds and alphabet", () => {
  const odd = fc.string({ unit: "binary", maxLength: 20 })
  const likely = fc.stringMatching(/^[ \tA-Za-z0-9._@+-]{0,20}$/)
  fc.assert(
    fc.property(fc.oneof(odd, likely), (text) => {
      const name = nameOf(text)
      if (name === undefined) return
      assert.equal(nameOf(name), name)
      assert.match(name, /^[a-z0-9._@+-]{1,128}$/)
    }),
    { numRuns: 1000 },
  )
})

test("look-alikes, separators, control characters and globs are refused, not repaired", () => {
  for (const text of [
    "аda",
    "adа",
    "ıvan",
    "İvan",
    "a da",
    "a/da",
    "a*",
    "a\0da",
    "a\u200bda",
    "a\u202eda",
    "a\nda",
    "ad\u0301a",
  ])
    assert.equal(faultOf(text), "bad_character", JSON.stringify(text))
  for (const text of [".ada", "ada.", "-ada", "ada@", "+", "@"]) assert.equal(faultOf(text), "bad_character", text)
  for (const text of ["", "  ", "\u3000"]) assert.equal(faultOf(text), "empty")
})

test("names of 1 to 128 characters, counted in the canonical spelling", () => {
  assert.equal(nameOf("a"), "a")
  for (const length of [USERNAME_LIMIT - 1, USERNAME_LIMIT]) assert.equal(nameOf("a".repeat(length))?.length, length)
  assert.equal(faultOf("a".repeat(USERNAME_LIMIT + 1)), "too_long")
  assert.equal(faultOf(` ${"a".repeat(USERNAME_LIMIT)} `), undefined)
  assert.equal(faultOf("\ufdfa".repeat(100)), "too_long", "one character that NFKC makes eighteen of")
  assert.equal(faultOf(" ".repeat(100_000)), "too_long")
})
