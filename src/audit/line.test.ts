import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { LineError, parseEntryLine, type StandingLine, spell } from "./line.ts"

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
