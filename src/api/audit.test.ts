import assert from "node:assert/strict"
import { test } from "node:test"
import { TylerError } from "../core/errors.ts"
import { parseAuditQuery, parseProofQuery, parseSecretAuditQuery } from "./audit.ts"

const NONE = { from: null, to: null, before: null, action: null, result: null, resource: null, user: null, limit: 100 }

test("audit queries name days or times; a day ends with its last millisecond", () => {
  assert.deepEqual(parseAuditQuery({}), NONE)
  const { from, to } = parseAuditQuery({ startDate: "2026-11-24", endDate: "2026-11-24" })
  assert.equal(from, Date.UTC(2026, 10, 24))
  assert.equal(to, Date.UTC(2026, 10, 25) - 1)
  assert.equal(parseAuditQuery({ endDate: "2026-11-24T09:30:00Z" }).to, Date.UTC(2026, 10, 24, 9, 30))
})

test("dates that no calendar has are refused, not shifted", () => {
  for (const startDate of ["2026-02-30", "2026-13-01", "2025-02-29", "2026-11-24T25:00:00Z", "24.11.2026", "now", "0"])
    assert.throws(() => parseAuditQuery({ startDate }), TylerError, startDate)
})

test("limits hold at their edges and cursors are indexes", () => {
  assert.equal(parseAuditQuery({ limit: "1000" }).limit, 1000)
  assert.equal(parseAuditQuery({ cursor: "0" }).before, 0)
  for (const bad of [
    { limit: "1001" },
    { limit: "0" },
    { cursor: "-1" },
    { cursor: "01" },
    { cursor: "9999999999999999" },
  ])
    assert.throws(() => parseAuditQuery(bad), TylerError)
})

test("the audit of one secret takes its name from the path only", () => {
  assert.equal(parseSecretAuditQuery({}, "config/a").resource, "config/a")
  assert.throws(() => parseSecretAuditQuery({ resource: "config/b" }, "config/a"), TylerError)
})

test("a proof is of an entry inside the tree", () => {
  assert.deepEqual(parseProofQuery({ index: "6", size: "7" }), { index: 6, size: 7 })
  assert.throws(() => parseProofQuery({ index: "7", size: "7" }), TylerError)
  assert.throws(() => parseProofQuery({ index: "0" }), TylerError)
})
