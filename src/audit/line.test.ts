import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { LineError, parseEntryLine, readAny, type StandingLine, spell } from "./line.ts"
import { readUsual } from "./usual-line.ts"

const HASH = Buffer.alloc(32, 3).toString("base64")
const entry: StandingLine = {
  index: 0,
  timestamp: 1,
  requestId: "r",
  action: "GET",
  result: "SUCCESS",
  resourceType: "secret",
  resourceName: "config/a",
  userId: "u",
  principalKind: "person",
  roles: [],
  policyIds: ["p"],
  decision: "permit",
  versionId: null,
  grantId: null,
  details: null,
  quotaUse: null,
  salt: HASH,
  username: null,
  ipAddress: null,
  userAgent: null,
  reason: "",
  leafHash: HASH,
  erasedBy: null,
  commitment: null,
}

test("a line is read back as what was spelled, for every text", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 }).filter((value) => value.isWellFormed())
  fc.assert(
    fc.property(text, fc.option(text), fc.array(text, { maxLength: 3 }), fc.maxSafeNat(), (a, b, roles, count) => {
      const spelled = { ...entry, requestId: a, reason: b, roles, timestamp: count, quotaUse: count }
      assert.deepEqual(parseEntryLine(spell(spelled)), spelled)
    }),
    { numRuns: 100 },
  )
})

test("a line is at most 1,048,576 characters long", () => {
  const room = 1_048_576 - spell(entry).length
  for (const length of [room - 1, room]) parseEntryLine(spell({ ...entry, reason: "x".repeat(length) }))
  assert.throws(() => parseEntryLine(spell({ ...entry, reason: "x".repeat(room + 1) })), LineError)
})

test("what is not an entry is refused: other JSON, counts that are none, half a surrogate pair, loose base64", () => {
  const good = spell(entry)
  const bad = ["", "null", "[]", "1", '"x"', "{}", `${good} `, good.replace('"timestamp":1', '"timestamp":-1')]
  bad.push(good.replace('"timestamp":1', '"timestamp":1.5'), good.replace('"timestamp":1', '"timestamp":-0'))
  bad.push(good.replace('"requestId":"r"', '"requestId":"\ud800"'), good.replace("MDAwM=", "MDAwN="), `${good}${good}`)
  bad.push(good.replace('"result":"SUCCESS"', '"result":"success"'), good.replace('"roles":[]', '"roles":""'))
  for (const line of bad) assert.throws(() => parseEntryLine(line), LineError, line)
})

test("the usual way and the long way read the same lines, and read the same in them", () => {
  const text = fc.string({ unit: "binary", maxLength: 12 }).filter((value) => value.isWellFormed())
  const odd = fc.constantFrom(
    '"',
    "\\",
    "\\u001f",
    "\\u0008",
    "\\/",
    "\\ud800",
    "\u0000",
    "0",
    "-",
    ",",
    "null",
    "]",
    "\ud800",
  )
  fc.assert(
    fc.property(text, text, odd, fc.nat(), (a, b, piece, place) => {
      const line = spell({ ...entry, requestId: a, roles: [b], reason: b, quotaUse: a.length })
      const at = place % (line.length + 1)
      for (const candidate of [
        line,
        line.slice(0, at) + piece + line.slice(at),
        line.slice(0, at) + line.slice(at + 1),
      ]) {
        const usual = readUsual(candidate)
        if (usual !== undefined) assert.deepEqual(usual, readAny(candidate))
      }
      if (!/["\\\p{Cc}]/u.test(b)) assert.deepEqual(readUsual(line), readAny(line))
    }),
    { numRuns: 2000 },
  )
})

test("every escape that an export writes is read the usual way, and no other spelling of a character", () => {
  for (let code = 0; code < 128; code++) {
    const line = spell({ ...entry, reason: String.fromCharCode(code) })
    assert.equal(readUsual(line)?.reason, String.fromCharCode(code))
    const longhand = `\\u${code.toString(16).padStart(4, "0")}`
    const spelled = JSON.stringify(String.fromCharCode(code)).slice(1, -1)
    const other = spell({ ...entry, reason: "@" }).replace('"@"', () => `"${longhand}"`)
    assert.equal(readUsual(other) !== undefined, spelled === longhand)
  }
})

test("counts past 2^53 - 1 and long lines go the long way", () => {
  const line = spell({ ...entry, timestamp: 2 ** 53 - 1 })
  assert.notEqual(readUsual(line), undefined)
  assert.equal(readUsual(line.replace("9007199254740991", "9007199254740992")), undefined)
  const room = 16_384 - spell(entry).length
  assert.notEqual(readUsual(spell({ ...entry, reason: "x".repeat(room) })), undefined)
  assert.equal(readUsual(spell({ ...entry, reason: "x".repeat(room + 1) })), undefined)
})
