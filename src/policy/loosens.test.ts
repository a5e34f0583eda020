import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import type { SecretName } from "../core/name.ts"
import { VERBS, type Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { combine } from "./combine.ts"
import { decide } from "./decide.ts"
import { defaultPolicies } from "./defaults.ts"
import { type PolicySet, policySet } from "./document.ts"
import { guardedRoles, loosensApproval } from "./loosens.ts"
import { easier, termsOf } from "./terms.ts"

const SHIPPED = defaultPolicies(0)
const [BASE] = SHIPPED as readonly [PolicyRow]
const FINANCIAL = SHIPPED.find(({ id }) => id === "financial") as PolicyRow
const OTHERS = SHIPPED.filter(({ id }) => id !== "financial")

const setOf = (rows: readonly PolicyRow[]): PolicySet => policySet(rows, 1)
const row = (id: string, fields: Partial<PolicyRow>): PolicyRow => ({
  ...BASE,
  id,
  requiresMfa: false,
  allowedRoles: null,
  maxAccessPerDay: null,
  ...fields,
})

/** A stricter row than the shipped one, so that every part of it can be eased. */
const STRICT: PolicyRow = {
  ...FINANCIAL,
  approverRoles: ["admin"],
  minApprovals: 2,
  grantMinutes: 60,
  allowedWorkloads: ["w1"],
  workloadMaxAccessPerDay: 5,
  verbRoles: { write: ["admin"], audit: ["admin"] },
}

const EASED: readonly (readonly [string, Partial<PolicyRow>])[] = [
  ["the approval dropped", { requiresApproval: false }],
  ["the second factor dropped", { requiresMfa: false }],
  ["fewer approvals", { minApprovals: 1 }],
  ["another role", { allowedRoles: ["admin", "finance", "hr"] }],
  ["another role in place of one", { allowedRoles: ["hr"] }],
  ["another approver", { approverRoles: ["admin", "finance"] }],
  ["other approvers", { approverRoles: ["hr"] }],
  ["approvers by default", { approverRoles: null }],
  ["longer grants", { grantMinutes: 61 }],
  ["a higher limit", { maxAccessPerDay: 11 }],
  ["no limit", { maxAccessPerDay: null }],
  ["a higher limit for programs", { workloadMaxAccessPerDay: 6 }],
  ["a limit for programs left out", { workloadMaxAccessPerDay: null }],
  ["another program", { allowedWorkloads: ["w1", "w2"] }],
  ["any program", { allowedWorkloads: null }],
  ["more roles for a verb", { verbRoles: { write: ["admin", "finance"], audit: ["admin"] } }],
  ["a verb's roles left out", { verbRoles: { write: ["admin"] } }],
  ["a verb that needs no approval", { verbRoles: { ...STRICT.verbRoles, list: ["hr"] } }],
  ["a narrower pattern", { secretPattern: "financial/*/x" }],
  ["another pattern", { secretPattern: "finance/*" }],
  ["everybody shut out and the approval dropped", { requiresApproval: false, allowedRoles: [], maxAccessPerDay: 0 }],
]

for (const [what, change] of EASED)
  test(`of a row that asks for an approval: ${what} is a loosening`, () => {
    assert.ok(loosensApproval(setOf([...OTHERS, STRICT]), setOf([...OTHERS, { ...STRICT, ...change }])))
  })

const KEPT: readonly (readonly [string, Partial<PolicyRow>])[] = [
  ["nothing changed", {}],
  ["only its times", { updatedAt: 99, createdAt: 98 }],
  ["another id", { id: "renamed" }],
  ["another order of roles", { allowedRoles: ["finance", "admin"] }],
  ["the pattern in another case", { secretPattern: "FINANCIAL/*" }],
  ["more approvals", { minApprovals: 3 }],
  ["fewer roles", { allowedRoles: ["admin"] }],
  ["nobody", { allowedRoles: [] }],
  ["no approver", { approverRoles: [] }],
  ["shorter grants", { grantMinutes: 59 }],
  ["a lower limit", { maxAccessPerDay: 9 }],
  ["no programs", { allowedWorkloads: [] }],
]

for (const [what, change] of KEPT)
  test(`of a row that asks for an approval: ${what} is none`, () => {
    assert.equal(loosensApproval(setOf([...OTHERS, STRICT]), setOf([...OTHERS, { ...STRICT, ...change }])), false)
  })

test("a row that asks for an approval cannot go without one, whatever governs then", () => {
  assert.ok(loosensApproval(setOf([...OTHERS, FINANCIAL]), setOf(OTHERS)))
  const wider = row("wide", {
    secretPattern: "financial/*/*",
    requiresApproval: true,
    requiresMfa: true,
    allowedRoles: [],
  })
  assert.ok(loosensApproval(setOf([...OTHERS, FINANCIAL, wider]), setOf([...OTHERS, wider])))
})

test("a row that asks for an approval may go where an equal one stays", () => {
  const below = row("below", {
    secretPattern: "financial/a",
    requiresApproval: true,
    minApprovals: 2,
    maxAccessPerDay: 10,
  })
  assert.equal(loosensApproval(setOf([FINANCIAL, below]), setOf([FINANCIAL])), true, "its second approval is lost")
  const twin = { ...below, minApprovals: 1 }
  assert.equal(loosensApproval(setOf([FINANCIAL, twin]), setOf([FINANCIAL])), false)
  assert.equal(loosensApproval(setOf([FINANCIAL, twin]), setOf([twin])), true)
})

test("a new row that replaces roles is a loosening only where it lets others in", () => {
  const own = (roles: readonly string[]) =>
    row("own", { secretPattern: "financial/ledger", replacesRoles: true, allowedRoles: roles })
  assert.ok(loosensApproval(setOf(SHIPPED), setOf([...SHIPPED, own(["hr"])])))
  assert.equal(loosensApproval(setOf(SHIPPED), setOf([...SHIPPED, own(["finance"])])), false)
})

test("a row that is the first to give roles takes an approval of ** away", () => {
  const guarded = SHIPPED.map((one) => (one.id === "unmatched" ? { ...one, requiresApproval: true } : one))
  const first = row("first", { secretPattern: "new/*", allowedRoles: ["admin"] })
  assert.ok(loosensApproval(setOf(guarded), setOf([...guarded, first])))
  assert.equal(loosensApproval(setOf(guarded), setOf([...guarded, { ...first, allowedRoles: null }])), false)
  assert.ok(loosensApproval(setOf(guarded), setOf(SHIPPED)))
})

test("what asks for no approval may be loosened by one person", () => {
  const config = SHIPPED.map((one) => (one.id === "config" ? { ...one, allowedRoles: ["admin", "hr"] } : one))
  assert.equal(loosensApproval(setOf(SHIPPED), setOf(config)), false)
  const purging = SHIPPED.map((one) => (one.id === "config" ? { ...one, verbRoles: { purge: ["admin", "hr"] } } : one))
  assert.equal(loosensApproval(setOf(SHIPPED), setOf(purging)), false)
  assert.equal(loosensApproval(setOf(SHIPPED), setOf(purging), { purgeGuarded: true }), true)
  assert.equal(loosensApproval(setOf(SHIPPED), setOf(config), { purgeGuarded: true }), false)
})

test("where there is too much to look at, it counts as a loosening", () => {
  const stars = Array.from({ length: 30 }, (_, at) =>
    row(`r${at}`, { secretPattern: Array.from({ length: 31 }, (_, i) => (i === at ? "a" : "*")).join("/") }),
  )
  const guarded = setOf([row("all", { secretPattern: "*", requiresApproval: true, allowedRoles: ["dev"] }), ...stars])
  const stricter = setOf([...guarded.rows, row("more", { secretPattern: "*/*", allowedRoles: ["dev"] })])
  assert.equal(loosensApproval(guarded, stricter), true)
  assert.deepEqual(guardedRoles(guarded), new Set(["admin", "dev"]))
})

test("the roles that count where an approval is asked: those that may pass and those that may approve", () => {
  assert.deepEqual(guardedRoles(setOf(SHIPPED)), new Set(["admin", "hr", "finance"]))
  const approver = SHIPPED.map((one) => (one.id === "financial" ? { ...one, approverRoles: ["cfo"] } : one))
  assert.deepEqual(guardedRoles(setOf(approver)), new Set(["admin", "hr", "finance", "cfo"]))
  assert.deepEqual(guardedRoles(setOf(OTHERS.filter(({ id }) => id !== "employee"))), new Set())
  assert.deepEqual(
    guardedRoles(setOf([row("u", { secretPattern: "**", requiresApproval: true, allowedRoles: ["dev"] })])),
    new Set(["dev", "admin"]),
  )
})

// Brute force: every name of up to four segments over two literals and one more, every principal with up to two roles.

const ROLES = ["r", "s"]
const roles = fc.subarray(ROLES)
const limit = fc.option(fc.integer({ min: 0, max: 2 }))
const anyRow: fc.Arbitrary<Omit<PolicyRow, "id">> = fc.record({
  secretPattern: fc
    .array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 3 })
    .map((segments) => segments.join("/")),
  allowedRoles: fc.option(roles),
  requiresMfa: fc.boolean(),
  requiresApproval: fc.boolean(),
  maxAccessPerDay: limit,
  approverRoles: fc.option(roles),
  minApprovals: fc.integer({ min: 1, max: 2 }),
  grantMinutes: fc.constantFrom(1, 2),
  allowedWorkloads: fc.option(fc.subarray(["w", "x"])),
  workloadMaxAccessPerDay: limit,
  verbRoles: fc.dictionary(fc.constantFrom("read", "reveal", "purge", "write"), roles, { maxKeys: 1 }),
  replacesRoles: fc.boolean(),
  createdAt: fc.constant(0),
  updatedAt: fc.constant(0),
})
const lastRow = anyRow.map((row) => ({ ...row, secretPattern: "**" }))
const numbered = (rows: readonly Omit<PolicyRow, "id">[]) => rows.map((row, at) => ({ ...row, id: `row-${at}` }))
const someRows = fc
  .tuple(fc.array(anyRow, { maxLength: 3 }), fc.array(lastRow, { maxLength: 1 }))
  .map(([rows, last]) => numbered([...rows, ...last]))

const fullRow = anyRow.map((row) => ({ ...row, id: "new" }))

/** Mostly one row away from each other, as real changes are. */
const change = fc.oneof(
  fc.tuple(someRows, someRows),
  fc
    .tuple(someRows, fc.nat(3), fullRow, fc.boolean())
    .map(([rows, at, other, keep]) => [rows, numbered(rows.toSpliced(at, 1, ...(keep ? [other] : [])))] as const),
  fc
    .tuple(someRows, fc.nat(3), fullRow, fc.constantFrom(...(Object.keys(BASE) as (keyof PolicyRow)[])))
    .map(
      ([rows, at, other, field]) =>
        [
          rows,
          rows.map((row, index) =>
            index === at && field in other && field !== "secretPattern"
              ? { ...row, [field]: Reflect.get(other, field) as unknown }
              : row,
          ) as readonly PolicyRow[],
        ] as const,
    ),
)

function namesUpTo(most: number): readonly string[] {
  if (most === 0) return []
  return ["a", "b", "c", ...namesUpTo(most - 1).flatMap((name) => ["a", "b", "c"].map((first) => `${first}/${name}`))]
}
const UNIVERSE = namesUpTo(4) as readonly SecretName[]

const asks = (set: PolicySet, name: SecretName): boolean =>
  (["read", "reveal", "purge"] as const).some((verb) => combine(set, verb, name).approvalRules.length > 0)

/** The same question, asked of every name there is instead of one for each region. */
function easedAnywhere(before: PolicySet, after: PolicySet): boolean {
  return UNIVERSE.some(
    (name) =>
      asks(before, name) &&
      VERBS.some((verb) => easier(termsOf(before, verb, name), termsOf(after, verb, name)).length > 0),
  )
}

test("one name for each region is enough: every name gives the same answer", () => {
  let loosened = 0
  fc.assert(
    fc.property(change, ([before, after]) => {
      const found = loosensApproval(setOf(before), setOf(after))
      assert.equal(found, easedAnywhere(setOf(before), setOf(after)))
      loosened += found ? 1 : 0
    }),
    { numRuns: 500 },
  )
  assert.ok(loosened > 25 && loosened < 475, String(loosened))
})

interface Attempt {
  readonly verb: Verb
  readonly kind: "person" | "program"
  readonly roles: readonly string[]
  readonly id: string
  readonly stepUp: boolean
  readonly used: number
  readonly grant: { readonly approvals: number; readonly approver: string; readonly minutes: number } | null
}

const attempts: readonly Attempt[] = (["read", "reveal", "purge", "write"] as const).flatMap((verb) =>
  (["person", "program"] as const).flatMap((kind) =>
    [["r"], ["s"], ["r", "s"], ["admin"]].flatMap((roles) =>
      ["w", "x", "y"].flatMap((id) =>
        [true, false].flatMap((stepUp) =>
          [0, 1, 2].flatMap((used) =>
            [
              null,
              ...[1, 2].flatMap((approvals) =>
                [...ROLES, "admin"].flatMap((approver) => [1, 2].map((minutes) => ({ approvals, approver, minutes }))),
              ),
            ].map((grant) => ({ verb, kind, roles, id, stepUp, used, grant })),
          ),
        ),
      ),
    ),
  ),
)

/** By the one decision; a grant counts if its approvers may approve and it is no older than the rows let it get. */
function passes(set: PolicySet, name: SecretName, { verb, kind, roles, id, stepUp, used, grant }: Attempt): boolean {
  const asked = combine(set, verb, name)
  const valid = grant !== null && asked.approverRoles.includes(grant.approver) && grant.minutes <= asked.grantMinutes
  const decision = decide(set, {
    verb,
    name,
    principal: { id, kind, roles, assurance: kind === "person" ? "password" : "token" },
    stepUp,
    quota: { secretUsed: used, personUsed: 0, perPerson: null },
    ...(valid ? { grant: { approvals: grant.approvals } } : {}),
  })
  return decision.effect === "permit"
}

const regionNames = ["a", "b", "c", "a/a", "a/b", "b/a", "c/c", "a/a/a", "c/b/a", "c/c/c/c"] as string[] as SecretName[]

/** Somebody who was refused and is let in now, where the first set asks for an approval. */
function letIn(before: PolicySet, after: PolicySet): object | undefined {
  for (const name of regionNames.filter((name) => asks(before, name)))
    for (const attempt of attempts)
      if (passes(after, name, attempt) && !passes(before, name, attempt)) return { name, attempt }
  return undefined
}

test("nobody is let in who was refused, unless it counts as a loosening", () => {
  let kept = 0
  fc.assert(
    fc.property(change, ([before, after]) => {
      if (loosensApproval(setOf(before), setOf(after))) return
      kept++
      assert.equal(letIn(setOf(before), setOf(after)), undefined)
    }),
    { numRuns: 60 },
  )
  assert.ok(kept > 5, String(kept))
})

test("nor by a chain of changes of which none is a loosening", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 3, maxLength: 6 }), (changes) => {
      const [first, ...rest] = changes.flat().map(setOf) as [PolicySet, ...PolicySet[]]
      const last = rest.reduce((now, next) => (loosensApproval(now, next) ? now : next), first)
      assert.equal(loosensApproval(first, last), false)
      assert.equal(letIn(first, last), undefined)
    }),
    { numRuns: 40 },
  )
})
