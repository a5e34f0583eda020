import assert from "node:assert/strict"
import { test } from "node:test"
import type { EntryRow } from "../state/rows.ts"
import { exportEnd, exportHeader, exportLine, toWire } from "./export.ts"

const row: EntryRow = {
  index: 4,
  timestamp: 1_767_225_600_123,
  requestId: "req-4",
  action: "GET",
  result: "SUCCESS",
  resourceType: "secret",
  resourceName: "config/test-secret",
  userId: "person-1",
  principalKind: "person",
  roles: ["developer"],
  policyIds: ["p-1"],
  decision: "permit",
  versionId: "v-1",
  grantId: null,
  details: null,
  quotaUse: 2,
  salt: Buffer.alloc(32),
  username: "ada",
  ipAddress: "192.0.2.7",
  userAgent: "curl/8.5.0",
  reason: "checking the nightly job",
  leafHash: Buffer.alloc(32, 255),
  erasedBy: null,
  commitment: null,
}

test("an answer carries the guide's eleven columns by their names, and the rest in camelCase", () => {
  const wire = toWire(row)
  const guide = "id user_id resource_type resource_name action result reason details ip_address user_agent timestamp"
  assert.deepEqual(Object.keys(wire).slice(0, 11), guide.split(" "))
  assert.equal(wire.id, 4)
  assert.equal(wire.timestamp, "2026-01-01T00:00:00.123Z")
  for (const key of Object.keys(wire).slice(11)) assert.match(key, /^[a-z][A-Za-z]+$/)
  assert.ok(!("salt" in wire))
})

test("an export line is one line with keys in a fixed order; header and end frame it", () => {
  const odd = exportLine({ ...row, reason: "line\nbreak" })
  assert.ok(!odd.includes("\n"))
  assert.ok(odd.startsWith('{"index":4,"timestamp":1767225600123,"requestId":"req-4","action":"GET",'))
  assert.ok(odd.endsWith(`,"leafHash":"${Buffer.alloc(32, 255).toString("base64")}"}`))
  assert.equal(exportHeader("a/b"), '{"tyler":"audit-export","version":1,"origin":"a/b","from":0}')
  assert.equal(exportEnd("a\n1\n"), '{"checkpoint":"a\\n1\\n"}')
})

test("an erased entry carries its order and commitment; an emptied one nothing but its leaf hash", () => {
  const leafHash = Buffer.alloc(32, 255).toString("base64")
  const commitment = Buffer.alloc(32, 1)
  const gone = { salt: null, username: null, ipAddress: null, userAgent: null, reason: null, erasedBy: 9, commitment }
  assert.ok(exportLine({ ...row, ...gone }).endsWith(`"erasedBy":9,"commitment":"${commitment.toString("base64")}"}`))
  assert.equal(exportLine({ ...row, erasedBy: 9 }), `{"index":4,"leafHash":"${leafHash}","erasedBy":9}`)
})
