import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { printable, printableJson, printableLines } from "./printable.ts"

// Escape, C1 CSI, right-to-left override, zero-width space, a newline that forges a line, a bell, tag characters.
const HOSTILE = "\u001b[2J\u009b31m\u202egnp\u200b\nroot: ok\u0007\u{e0041}"

test("nothing that a terminal obeys reaches it, and it can be seen that it was there", () => {
  assert.equal(printable(HOSTILE), "\\u{1b}[2J\\u{9b}31m\\u{202e}gnp\\u{200b}\\u{a}root: ok\\u{7}\\u{e0041}")
  assert.equal(printable("plain, größe, 鍵, \u{1f511}"), "plain, größe, 鍵, \u{1f511}")
  assert.equal(printableLines("a\n\tb\u001b[1m\r"), "a\n\tb\\u{1b}[1m\\u{d}")
})

test("escaped text has no control character left, whatever it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.doesNotMatch(printable(text), /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    }),
  )
})

test("JSON for programs is the same JSON, with such characters escaped", () => {
  const value = { [HOSTILE]: [HOSTILE, 1, null] }
  for (const indent of [undefined, 2]) {
    const text = printableJson(value, indent)
    assert.deepEqual(JSON.parse(text), value)
    assert.equal(printable(text.replaceAll("\n", "")), text.replaceAll("\n", ""))
  }
})
