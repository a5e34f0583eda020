import assert from "node:assert/strict"
import { test } from "node:test"
import type { SecretName } from "../core/name.ts"
import type { PolicyRow } from "../state/rows.ts"
import type { Asker } from "./decide.ts"
import { defaultPolicies } from "./defaults.ts"
import { policySet } from "./document.ts"
import { changedRows } from "./loosens.ts"
import { type Case, couldUse, lossOf, type PastRead, patternsAt, termsChanges, tryCase } from "./what-if.ts"

const SHIPPED = defaultPolicies(0)
const before = policySet(SHIPPED, 1)
const NONE = {}

function changed(id: string, change: Partial<PolicyRow>) {
  return policySet(
    SHIPPED.map((row) => (row.id === id ? { ...row, ...change } : row)),
    2,
  )
}

const person = (...roles: string[]): Asker => ({ id: "p", kind: "person", roles, assurance: "password" })
const program = (...roles: string[]): Asker => ({ id: "w", kind: "program", roles, assurance: "token" })
const name = (text: string) => text as SecretName

test("somebody could use a verb whatever is asked besides, but not without the role, or where nobody may", () => {
  assert.ok(couldUse(before, person("finance"), "reveal", name("financial/a"), NONE))
  assert.ok(!couldUse(before, person("hr"), "reveal", name("financial/a"), NONE))
  assert.ok(!couldUse(before, program("finance"), "reveal", name("financial/a"), NONE), "no second factor")
  assert.ok(couldUse(before, program("developer"), "reveal", name("config/a"), NONE))
  assert.ok(!couldUse(changed("config", { maxAccessPerDay: 0 }), person("developer"), "reveal", name("config/a"), NONE))
  assert.ok(couldUse(changed("employee", { minApprovals: 10 }), person("hr"), "read", name("employee/a"), NONE))
})

test("verbs that change alike stand together, with what asks less and what asks more", () => {
  const after = changed("config", { allowedRoles: ["admin", "developer", "hr"], requiresMfa: true })
  const found = termsChanges(before, after, name("config/a"), NONE)
  const seen = found.map(({ verbs, looser, stricter }) => [verbs.join(" "), looser.join(" "), stricter.join(" ")])
  assert.deepEqual(seen, [
    ["list", "roles", "roles"],
    ["read write", "roles", "roles second_factor"],
    ["reveal", "roles", "roles second_factor"],
    ["delete rotate purge", "", "second_factor"],
  ])
  assert.deepEqual(termsChanges(before, after, name("database/a"), NONE), [])
})

test("a change is told by the patterns of the rows that changed", () => {
  const after = policySet([...SHIPPED, { ...(SHIPPED[4] as PolicyRow), id: "n", secretPattern: "Config/pay/*" }], 2)
  const rows = new Set(changedRows(before, after))
  assert.deepEqual(patternsAt(before, after, name("config/pay/x"), rows), ["Config/pay/*"])
  assert.deepEqual(patternsAt(before, changed("unmatched", { requiresMfa: true }), name("x"), new Set()), ["**"])
})

const read = (more: Partial<PastRead> = {}): PastRead => ({
  verb: "reveal",
  name: name("config/a"),
  principal: person("developer"),
  nth: 1,
  ...more,
})

test("a past read is lost if the new rows refuse it and the present ones do not", () => {
  assert.equal(lossOf(before, before, read(), NONE), undefined)
  assert.equal(lossOf(before, changed("config", { allowedRoles: ["admin"] }), read(), NONE)?.code, "forbidden")
  assert.equal(lossOf(before, changed("config", { requiresMfa: true }), read(), NONE)?.code, "verification_required")
  const stricter = changed("config", { requiresMfa: true, requiresApproval: true })
  assert.deepEqual(lossOf(before, stricter, read(), NONE)?.missing, ["approval", "verification"])
  const gone = changed("config", { allowedRoles: ["admin"] })
  assert.equal(lossOf(before, gone, read({ principal: person("hr") }), NONE), undefined, "refused now as well")
})

test("who read is taken to have given what the present rows ask, and no more", () => {
  const ask = read({ name: name("financial/a"), principal: person("finance") })
  assert.equal(lossOf(before, before, ask, NONE), undefined)
  assert.equal(lossOf(before, changed("financial", { minApprovals: 2 }), ask, NONE)?.code, "approval_required")
})

test("the limit is held against which read of the day it was", () => {
  const three = changed("config", { maxAccessPerDay: 3 })
  for (const [nth, code] of [
    [2, undefined],
    [3, undefined],
    [4, "quota_exceeded"],
    [null, undefined],
  ] as const)
    assert.equal(lossOf(before, three, read({ nth }), NONE)?.code, code, String(nth))
  assert.equal(lossOf(before, changed("config", { maxAccessPerDay: 0 }), read(), NONE)?.code, "quota_exceeded")
  assert.equal(lossOf(before, three, read({ verb: "read", nth: 9 }), NONE), undefined)
})

const CASE: Case = {
  verb: "reveal",
  name: name("employee/a"),
  principal: person("hr"),
  verified: false,
  approvals: 0,
  usedToday: 0,
  expect: "refuse",
  code: undefined,
  missing: undefined,
}

const CASES: readonly (readonly [string, Partial<Case>, boolean])[] = [
  ["any refusal", {}, true],
  ["its code", { code: "approval_required" }, true],
  ["another code", { code: "forbidden" }, false],
  ["all that is missing, in any order", { missing: ["verification", "approval"] }, true],
  ["a part of what is missing", { missing: ["approval"] }, false],
  ["nothing missing", { missing: [] }, false],
  ["a permit", { expect: "permit" }, false],
  ["a permit with all that is asked", { expect: "permit", verified: true, approvals: 1 }, true],
  ["a refusal where all is given", { verified: true, approvals: 1 }, false],
  ["a permit with a code", { expect: "permit", verified: true, approvals: 1, code: "forbidden" }, false],
  ["one below the limit", { expect: "permit", verified: true, approvals: 1, usedToday: 9 }, true],
  ["at the limit", { verified: true, approvals: 1, usedToday: 10, code: "quota_exceeded" }, true],
]

for (const [what, change, passed] of CASES)
  test(`a declared case: ${what} ${passed ? "passes" : "fails"}`, () => {
    assert.equal(tryCase(before, { ...CASE, ...change }, NONE).passed, passed)
  })
