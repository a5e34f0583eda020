import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { ERROR_CODES } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { VERBS, type Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { admit, checkPermit, decide, type Permit, type Question } from "./decide.ts"
import { defaultPolicies } from "./defaults.ts"
import { policySet } from "./document.ts"
import { rolesFor } from "./rule.ts"

const ROLES = ["admin", "dba", "dev"]
const some = <T>(from: fc.Arbitrary<T>) => fc.option(from)
const roles = fc.subarray(ROLES)
const limit = some(fc.integer({ min: 0, max: 3 }))
const segment = fc.constantFrom("a", "b")

const row: fc.Arbitrary<Omit<PolicyRow, "id">> = fc.record({
  secretPattern: fc
    .array(fc.oneof(segment, fc.constant("*")), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/")),
  allowedRoles: some(roles),
  requiresMfa: fc.boolean(),
  requiresApproval: fc.boolean(),
  maxAccessPerDay: limit,
  approverRoles: fc.constant(null),
  minApprovals: fc.integer({ min: 1, max: 2 }),
  grantMinutes: fc.constant(60),
  allowedWorkloads: some(fc.subarray(["w"])),
  workloadMaxAccessPerDay: limit,
  verbRoles: fc.dictionary(fc.constantFrom(...VERBS), roles, { maxKeys: 2 }),
  replacesRoles: fc.boolean(),
  createdAt: fc.constant(0),
  updatedAt: fc.constant(0),
})

const unmatched = row.map((row) => ({ ...row, secretPattern: "**" }))
const rows = fc
  .tuple(fc.array(row, { maxLength: 4 }), some(unmatched))
  .map(([rows, last]) => [...rows, ...(last === null ? [] : [last])].map((row, at) => ({ ...row, id: `row-${at}` })))

const question: fc.Arbitrary<Question> = fc.record(
  {
    verb: fc.constantFrom(...VERBS),
    name: fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/") as SecretName),
    principal: fc.record({
      id: fc.constantFrom("w", "p"),
      kind: fc.constantFrom("person", "program", "job"),
      roles,
      assurance: fc.constantFrom("half", "password", "mfa", "token", "system"),
    }),
    grant: fc.record({ approvals: fc.integer({ min: 0, max: 3 }) }),
    stepUp: fc.boolean(),
    mfaIgnored: fc.boolean(),
    purgeGuarded: fc.boolean(),
    quota: fc.record({ secretUsed: fc.nat(4), personUsed: fc.nat(4), perPerson: limit }),
  },
  { requiredKeys: ["verb", "name", "principal"] },
)

const RUNS = { numRuns: 3_000 }

test("adding a row never turns a refusal into a permit, unless it is the first to name roles or names the program", () => {
  let compared = 0
  fc.assert(
    fc.property(rows, row, fc.nat(4), question, (rows, added, at, question) => {
      const before = policySet(rows, 1)
      const extra = { ...added, id: "added", replacesRoles: false }
      const named = before.matching(question.name).some(({ row }) => rolesFor(row, question.verb) !== null)
      if (!named && rolesFor(extra, question.verb) !== null) return
      if (extra.requiresMfa && extra.allowedWorkloads?.includes(question.principal.id)) return
      compared++
      const after = policySet(rows.toSpliced(at, 0, extra), 1)
      if (decide(before, question).effect === "refuse") assert.equal(decide(after, question).effect, "refuse")
    }),
    RUNS,
  )
  assert.ok(compared > 1_000)
})

test("the order of rows never matters", () => {
  fc.assert(
    fc.property(rows, question, (rows, question) => {
      const forth = decide(policySet(rows, 1), question)
      const back = decide(policySet(rows.toReversed(), 1), question)
      assert.deepEqual(back, forth)
    }),
    RUNS,
  )
})

test("the case of a name never matters", () => {
  fc.assert(
    fc.property(rows, question, (rows, question) => {
      const set = policySet(rows, 1)
      const shouted = { ...question, name: question.name.toUpperCase() as SecretName }
      assert.equal(decide(set, shouted).effect, decide(set, question).effect)
    }),
  )
})

test("roles are asked first: admit refuses exactly what decide calls forbidden", () => {
  fc.assert(
    fc.property(rows, question, (rows, question) => {
      const set = policySet(rows, 1)
      const decision = decide(set, question)
      const forbidden = decision.effect === "refuse" && decision.code === "forbidden"
      assert.deepEqual(admit(set, question), forbidden ? decision : undefined)
    }),
    RUNS,
  )
})

test("every refusal names its rules and what would change it, and a permit's reasons ask for nothing", () => {
  fc.assert(
    fc.property(rows, question, (rows, question) => {
      const decision = decide(policySet(rows, 1), question)
      const refused = decision.effect === "refuse"
      assert.ok(!refused || decision.reasons.length > 0)
      for (const reason of decision.reasons) {
        assert.ok(reason.rule === "built-in" || rows.some(({ id }) => id === reason.rule))
        assert.equal(reason.change !== undefined, refused)
        assert.equal(reason.code !== "allowed", refused)
        assert.ok(reason.says.length < 1_000 && (reason.change ?? "").length < 1_000)
      }
    }),
    RUNS,
  )
})

const MFA_VERBS: readonly Verb[] = ["read", "reveal", "write", "delete", "rotate", "purge"]

test("a program passes rules that ask for a second factor only where one of them names it", () => {
  fc.assert(
    fc.property(rows, question, fc.boolean(), (rows, question, purgeGuarded) => {
      const principal = { ...question.principal, kind: "program" as const }
      if (!MFA_VERBS.includes(question.verb)) return
      const asked = { ...question, principal, mfaIgnored: false, purgeGuarded }
      const decision = decide(policySet(rows, 1), asked)
      const guarded = question.verb === "purge" && purgeGuarded
      if (decision.effect !== "permit") return
      assert.equal(guarded, false)
      const asking = rows.filter(({ id, requiresMfa }) => decision.permit.policyIds.includes(id) && requiresMfa)
      assert.ok(asking.length === 0 || asking.some((row) => row.allowedWorkloads?.includes(principal.id)))
    }),
    RUNS,
  )
})

test("no step-up token and no unnamed row admits a program to a rule that asks for a second factor", () => {
  fc.assert(
    fc.property(rows, question, (rows, question) => {
      const strict = rows.map((row) => ({ ...row, requiresMfa: true, allowedWorkloads: null }))
      const principal = { ...question.principal, kind: "program" as const }
      if (!MFA_VERBS.includes(question.verb)) return
      const asked = { ...question, principal, stepUp: true, mfaIgnored: false }
      assert.equal(decide(policySet(strict, 1), asked).effect, "refuse")
    }),
  )
})

const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units))

const hostile = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "hasOwnProperty", "toString", "", "**", "*", "/", "//", "\0"),
  anyText,
)

test("decide answers on any verb, name, role and kind, and permits no verb it does not know", () => {
  const set = policySet(defaultPolicies(0), 1)
  fc.assert(
    fc.property(hostile, hostile, fc.array(hostile), hostile, hostile, (verb, name, roles, kind, assurance) => {
      const principal = { id: name, kind, roles: [...roles, "admin"], assurance }
      const decision = decide(set, { verb, name, principal } as unknown as Question)
      assert.equal(decision.effect, "refuse")
      assert.ok(decision.effect === "refuse" && ERROR_CODES.includes(decision.code))
    }),
  )
})

function permitted(): Permit {
  const principal = { id: "p", kind: "person", roles: ["admin"], assurance: "password" } as const
  const decision = decide(policySet(defaultPolicies(0), 3), {
    verb: "reveal",
    name: "config/a" as SecretName,
    principal,
  })
  assert.ok(decision.effect === "permit")
  return decision.permit
}

test("a permit holds what it was made on and cannot be changed", () => {
  const permit = permitted()
  assert.equal(checkPermit(permit), permit)
  const held = {
    verb: "reveal",
    name: "config/a",
    policyEpoch: 3,
    policyIds: ["config"],
    perSecretLimit: 10,
    counted: true,
  }
  assert.deepEqual(Object.fromEntries(Object.entries(permit)), held)
  assert.throws(() => Object.assign(permit, { perSecretLimit: null }), TypeError)
})

test("a permit cannot be forged", () => {
  const permit = permitted()
  const Class = permit.constructor as new (...given: readonly unknown[]) => Permit
  const forgeries: readonly unknown[] = [
    Object.fromEntries(Object.entries(permit)),
    Object.create(permit),
    Object.create(Object.getPrototypeOf(permit) as object),
    structuredClone(permit),
    new Proxy(permit, {}),
    new Class(Symbol("mint"), permit),
    null,
    undefined,
    "permit",
  ]
  for (const forgery of forgeries) assert.throws(() => checkPermit(forgery as Permit), /not a permit/)
})

test("an empty set permits nobody anything", () => {
  const set = policySet([], 1)
  for (const verb of VERBS) {
    const principal = { id: "p", kind: "person", roles: ROLES, assurance: "mfa" } as const
    const decision = decide(set, { verb, name: "a/b" as SecretName, principal, stepUp: true })
    assert.ok(decision.effect === "refuse" && decision.code === "forbidden")
  }
})
