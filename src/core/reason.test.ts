import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { DELETION_REASON_MIN, parseReason, REASON_MAX, REASON_MIN, type ReasonFault } from "./reason.ts"

function faultOf(text: string, min?: number): ReasonFault | undefined {
  const parsed = parseReason(text, min)
  return "fault" in parsed ? parsed.fault : undefined
}

test("a reason has 10 to 1,000 characters, a deletion's at least 20", () => {
  assert.equal(faultOf("a".repeat(REASON_MIN - 1)), "too_short")
  assert.equal(faultOf("a".repeat(REASON_MIN)), undefined)
  assert.equal(faultOf("a".repeat(REASON_MIN + 1)), undefined)
  assert.equal(faultOf("a".repeat(DELETION_REASON_MIN - 1), DELETION_REASON_MIN), "too_short")
  assert.equal(faultOf("a".repeat(DELETION_REASON_MIN), DELETION_REASON_MIN), undefined)
  for (const length of [REASON_MAX - 1, REASON_MAX]) assert.equal(faultOf("a".repeat(length)), undefined)
  assert.equal(faultOf("a".repeat(REASON_MAX + 1)), "too_long")
})

test("characters are code points", () => {
  assert.equal(faultOf("\u{20000}".repeat(REASON_MIN - 1)), "too_short")
  assert.equal(faultOf("\u{20000}".repeat(REASON_MIN)), undefined)
  assert.equal(faultOf("\u{20000}".repeat(REASON_MAX)), undefined)
  assert.equal(faultOf("\u{20000}".repeat(REASON_MAX + 1)), "too_long")
})

test("bounds hold for what is left after trimming", () => {
  assert.deepEqual(parseReason("  restore the backup \u3000"), { reason: "restore the backup" })
  assert.equal(faultOf(`         a         `), "too_short")
  assert.equal(faultOf(`${" ".repeat(3_000)}${"\u{20000}".repeat(REASON_MAX)}${" ".repeat(3_000)}`), undefined)
})

test("spaces, marks and invisible characters carry no weight", () => {
  for (const filler of [
    " ",
    "\u00a0",
    "\u2028",
    "\u0301",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\ue000",
    "\u{e0041}",
  ])
    assert.equal(faultOf(`a${filler.repeat(50)}b`), "too_short", JSON.stringify(filler))
  assert.equal(faultOf("e\u0301".repeat(REASON_MIN)), undefined)
})

test("control and direction characters are refused, even at the ends", () => {
  const refused = [
    "\0",
    "\t",
    "\n",
    "\r",
    "\u001b",
    "\u007f",
    "\u0085",
    "\u009b",
    "\u061c",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202e",
  ]
  for (const odd of [...refused, "\u2066", "\u2069", "\ud800", "\udc00"]) {
    assert.equal(faultOf(`a good enough ${odd} reason`), "control_character", JSON.stringify(odd))
    assert.equal(faultOf(`a good enough reason${odd}`), "control_character", JSON.stringify(odd))
  }
})

const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units))

test("an accepted reason is trimmed, well formed, bounded and parses to itself", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const parsed = parseReason(text)
      if ("fault" in parsed) return
      assert.equal(parsed.reason, text.trim())
      assert.ok(parsed.reason.isWellFormed() && Array.from(parsed.reason).length <= REASON_MAX)
      assert.deepEqual(parseReason(parsed.reason), parsed)
    }),
    { numRuns: 1_000 },
  )
})
