import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import type { SecretName } from "../core/name.ts"
import type { PolicyRow } from "../state/rows.ts"
import { admit } from "./decide.ts"
import { defaultPolicies } from "./defaults.ts"
import { policySet } from "./document.ts"
import { locksAdminsOut } from "./lockout.ts"
import { ADMIN_VERBS } from "./rule.ts"

const SHIPPED = defaultPolicies(0)
const [BASE] = SHIPPED as readonly [PolicyRow]

function changed(id: string, change: Partial<PolicyRow>): readonly PolicyRow[] {
  return SHIPPED.map((row) => (row.id === id ? { ...row, ...change } : row))
}

test("the shipped rows lock nobody out", () => {
  assert.equal(locksAdminsOut(SHIPPED), undefined)
})

test("a set without the row ** is refused", () => {
  assert.equal(locksAdminsOut(SHIPPED.filter(({ id }) => id !== "unmatched"))?.policyId, null)
  assert.equal(locksAdminsOut([])?.policyId, null)
})

test("the row ** must give roles", () => {
  assert.equal(locksAdminsOut(changed("unmatched", { allowedRoles: null }))?.policyId, "unmatched")
  assert.equal(locksAdminsOut(changed("unmatched", { allowedRoles: [] })), undefined)
})

test("each administrative verb must stay with admins, whoever else has it", () => {
  for (const verb of ADMIN_VERBS) {
    const taken = locksAdminsOut(changed("config", { verbRoles: { [verb]: ["devops"] } }))
    assert.deepEqual([taken?.policyId, taken?.verb], ["config", verb])
    assert.equal(locksAdminsOut(changed("config", { verbRoles: { [verb]: ["devops", "admin"] } })), undefined)
  }
})

test("a row may keep admins from reading, writing and listing", () => {
  assert.equal(locksAdminsOut(changed("employee", { allowedRoles: ["hr"] })), undefined)
  assert.equal(locksAdminsOut(changed("employee", { allowedRoles: [] })), undefined)
  assert.equal(locksAdminsOut(changed("employee", { verbRoles: { reveal: [], audit: ["auditor"] } })), undefined)
})

const roles = fc.subarray(["admin", "dba", "dev"])
const segment = fc.constantFrom("a", "b", "*")
const row = fc.record({
  secretPattern: fc.oneof(
    fc.constant("**"),
    fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")),
  ),
  allowedRoles: fc.option(roles),
  verbRoles: fc.dictionary(fc.constantFrom(...ADMIN_VERBS), fc.oneof(roles, fc.constant(["admin"])), { maxKeys: 2 }),
  replacesRoles: fc.boolean(),
})

test("a set that passes leaves admins every administrative verb on every name", () => {
  let passed = 0
  const principal = { id: "p", kind: "person", roles: ["admin"], assurance: "password" } as const
  const names = ["a", "b", "a/a", "a/b", "b/a", "a/b/a", "b/b/b/b", "elsewhere", "c/d"] as SecretName[]
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (given) => {
      const rows = given.map((row, at) => ({ ...BASE, ...row, id: `${at}` }))
      if (locksAdminsOut(rows) !== undefined) return
      passed++
      const set = policySet(rows, 1)
      for (const name of names)
        for (const verb of ADMIN_VERBS) assert.equal(admit(set, { verb, name, principal }), undefined)
    }),
    { numRuns: 3_000 },
  )
  assert.ok(passed > 100, `${passed}`)
})
