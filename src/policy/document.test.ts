import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { foldName, type SecretName } from "../core/name.ts"
import type { PolicyRow } from "../state/rows.ts"
import { combine } from "./combine.ts"
import { defaultPolicies } from "./defaults.ts"
import { isKnownCategory, policyMacBytes, policySet } from "./document.ts"
import { matches } from "./pattern.ts"
import { compileRule } from "./rule.ts"

const [BASE] = defaultPolicies(0) as readonly [PolicyRow]
const named = (patterns: readonly string[]) =>
  patterns.map((secretPattern, at) => ({ ...BASE, id: `${at}`, secretPattern }))

const segment = fc.constantFrom("a", "b", "c", "A")
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/") as SecretName)
const pattern = fc
  .array(fc.oneof(segment, fc.constant("*")), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join("/"))

test("the index finds what trying every row finds, again and again", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), fc.array(name, { maxLength: 8 }), (patterns, names) => {
      const rows = named(patterns)
      const set = policySet(rows, 1)
      for (const name of [...names, ...names]) {
        const expected = rows
          .filter((row) => matches(compileRule(row).pattern, foldName(name).split("/")))
          .map(({ id }) => id)
        assert.deepEqual(
          set
            .matching(name)
            .map(({ row }) => row.id)
            .toSorted(),
          expected.toSorted(),
        )
      }
    }),
  )
})

test("matching rules come with the most specific first", () => {
  const set = policySet(named(["*", "a/*/c", "a/b/*", "a/*", "a/b/c"]), 1)
  const specificities = set.matching("a/b/c" as SecretName).map(({ pattern }) => pattern.specificity)
  assert.deepEqual(specificities, [3, 2, 1, 1, 0])
})

test("what one set remembers says nothing in the next", () => {
  const name = "database/a" as SecretName
  const strict = policySet(named(["database/*"]), 1)
  const loose = policySet([{ ...BASE, id: "0", requiresMfa: false, allowedRoles: ["dev"] }], 2)
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(combine(strict, "read", name).roles, ["admin", "dba"])
    assert.deepEqual(combine(loose, "read", name).roles, ["dev"])
    assert.equal(combine(strict, "read", name).mfaRules.length, 1)
    assert.equal(combine(loose, "read", name).mfaRules.length, 0)
  }
})

test("grants live as long as the strictest matching row lets them", () => {
  const rows = named(["a/*", "a/b/*", "c/*"]).map((row, at) => ({ ...row, grantMinutes: [90, 30, 5][at] ?? 0 }))
  const set = policySet(rows, 1)
  assert.equal(combine(set, "read", "a/x" as SecretName).grantMinutes, 90)
  assert.equal(combine(set, "read", "a/b/x" as SecretName).grantMinutes, 30)
})

test("forgetting names changes no answer", () => {
  const set = policySet(named(["a/*", "*/1/*"]), 1)
  const asked = (at: number) => set.matching(`a/${at}/x` as SecretName).length
  for (let at = 0; at < 45_000; at++) asked(at)
  assert.equal(asked(0), 1)
  assert.equal(asked(1), 2)
})

test("a stored pattern that does not parse stops the set: nothing is decided on a guess", () => {
  assert.throws(() => policySet(named(["a*"]), 1), { code: "internal" })
})

test("a category is a first segment that a row names literally and that something stands below", () => {
  const set = policySet(named(["Config/*", "alone", "*/x", "**", "db/a/b"]), 1)
  assert.deepEqual([...set.categories].toSorted(), ["config", "db"])
  assert.equal(isKnownCategory(set, "CONFIG"), true)
  assert.equal(isKnownCategory(set, "alone"), false)
})

const CHANGES: readonly Partial<PolicyRow>[] = [
  { id: "other" },
  { secretPattern: "databasf/*" },
  { allowedRoles: null },
  { allowedRoles: [] },
  { allowedRoles: ["admindba"] },
  { allowedRoles: ["dba", "admin"] },
  { requiresMfa: false },
  { requiresApproval: true },
  { maxAccessPerDay: null },
  { maxAccessPerDay: 0 },
  { approverRoles: [] },
  { minApprovals: 2 },
  { grantMinutes: 61 },
  { allowedWorkloads: [] },
  { workloadMaxAccessPerDay: 10 },
  { verbRoles: { read: [] } },
  { verbRoles: { reveal: [] } },
  { replacesRoles: true },
  { createdAt: 1 },
  { updatedAt: 1 },
]

test("the authenticated bytes change with every field of a row, with the epoch and with the number of rows", () => {
  const sets = [[BASE], ...CHANGES.map((change) => [{ ...BASE, ...change }]), [], [BASE, { ...BASE, id: "two" }]]
  const encodings = [...sets.map((rows) => policyMacBytes(rows, 1)), policyMacBytes([BASE], 2)]
  assert.equal(new Set(encodings.map((bytes) => bytes.toString("hex"))).size, encodings.length)
  const fields = new Set(CHANGES.flatMap((change) => Object.keys(change)))
  assert.deepEqual([...fields].toSorted(), Object.keys(BASE).toSorted())
})

test("the authenticated bytes do not depend on the order of rows or of verbs", () => {
  const rows = defaultPolicies(0).map((row) => ({ ...row, verbRoles: { read: ["a"], audit: ["b"] } }))
  const other = rows.toReversed().map((row) => ({ ...row, verbRoles: { audit: ["b"], read: ["a"] } }))
  assert.deepEqual(policyMacBytes(other, 1), policyMacBytes(rows, 1))
})
