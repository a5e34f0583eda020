import assert from "node:assert/strict"
import { test } from "node:test"
import type { GrantRow } from "../state/rows.ts"
import { leaseCache } from "./lease-cache.ts"

function lease(secretId: string, over: Partial<GrantRow> = {}): GrantRow {
  return {
    id: `grant-${secretId}`,
    requestId: "request",
    principalId: "finn",
    secretId,
    verb: "read",
    approvals: 1,
    steppedUp: true,
    usesLeft: null,
    createdAt: 1,
    expiresAt: 2,
    revision: 1,
    mac: Buffer.alloc(32),
    ...over,
  }
}

test("what is held is one person's, one secret's and one verb's", () => {
  const leases = leaseCache()
  const row = lease("s-1")
  leases.keep(row)
  assert.equal(leases.held("finn", "s-1", "read"), row)
  assert.equal(leases.held("gail", "s-1", "read"), undefined)
  assert.equal(leases.held("finn", "s-2", "read"), undefined)
  assert.equal(leases.held("finn", "s-1", "purge"), undefined)
})

test("one with a count of uses, or that does not stand for the second factor, is not kept", () => {
  const leases = leaseCache()
  leases.keep(lease("s-1", { usesLeft: 5 }))
  leases.keep(lease("s-2", { steppedUp: false }))
  for (const secret of ["s-1", "s-2"]) assert.equal(leases.held("finn", secret, "read"), undefined)
})

test("as many as may be are held, the latest used", () => {
  const leases = leaseCache(10)
  for (let at = 0; at < 100; at++) {
    leases.keep(lease(`s-${at}`))
    assert.ok(leases.held("finn", "s-0", "read") !== undefined, `used each time, gone at ${at}`)
  }
  const held = Array.from({ length: 100 }, (_one, at) => leases.held("finn", `s-${at}`, "read")).filter(Boolean)
  assert.ok(held.length <= 11, String(held.length))
  assert.equal(leases.held("finn", "s-50", "read"), undefined)
})
