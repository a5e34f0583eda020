import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { parsePolicyRow } from "./row.ts"

const GOOD = { secretPattern: "a/*" }

function faultOf(given: object): string | undefined {
  const parsed = parsePolicyRow({ ...GOOD, ...given })
  return "fault" in parsed ? parsed.fault.field : undefined
}

const roles = (count: number) => Array.from({ length: count }, (_, at) => `r${at}`)

/** Field, values in bounds, values out of bounds; each bound at limit-1, limit and limit+1. */
const BOUNDS: readonly [field: string, good: readonly unknown[], bad: readonly unknown[]][] = [
  [
    "secretPattern",
    ["a", "a".repeat(511), "a".repeat(512), "**", "*"],
    ["", "a".repeat(513), "a*", "../a", null, 1, ["a"]],
  ],
  ["allowedRoles", [null, [], roles(31), roles(32)], [roles(33), ["a", "a"], ["A"], [""], [null], "admin", {}]],
  ["allowedRoles", [["a".repeat(31)], ["a".repeat(32)]], [["a".repeat(33)]]],
  ["approverRoles", [null, [], roles(32)], [roles(33), "admin"]],
  ["requiresMfa", [true, false], [null, "true", 1, 0]],
  ["requiresApproval", [true, false], [null, "true", 1]],
  ["replacesRoles", [true, false], [null, "true", 1]],
  ["maxAccessPerDay", [null, 0, 1, 999_999, 1_000_000], [-1, 1_000_001, 1.5, Number.NaN, "1", true]],
  ["workloadMaxAccessPerDay", [null, 0, 1, 999_999, 1_000_000], [-1, 1_000_001, 1.5, "1"]],
  ["minApprovals", [1, 2, 9, 10], [0, 11, null, 1.5, "1"]],
  ["grantMinutes", [1, 2, 10_079, 10_080], [0, 10_081, null, 1.5]],
  [
    "allowedWorkloads",
    [null, [], roles(99), roles(100), ["a".repeat(64)]],
    [roles(101), ["a".repeat(65)], ["a b"], ["a", "a"]],
  ],
  ["verbRoles", [{}, { read: [] }, { audit: roles(32) }], [{ read: roles(33) }, { fly: [] }, { read: null }, [], null]],
  ["verbRoles", [{}], [JSON.parse('{"__proto__": []}'), { constructor: [] }]],
]

for (const [field, good, bad] of BOUNDS)
  test(`${field} is held to its bounds`, () => {
    for (const value of good) assert.equal(faultOf({ [field]: value }), undefined, JSON.stringify(value))
    for (const value of bad) assert.equal(faultOf({ [field]: value }), field, JSON.stringify(value))
  })

test("what is not named takes its default", () => {
  assert.deepEqual(parsePolicyRow(GOOD), {
    fields: {
      secretPattern: "a/*",
      allowedRoles: null,
      requiresMfa: false,
      requiresApproval: false,
      maxAccessPerDay: 10,
      approverRoles: null,
      minApprovals: 1,
      grantMinutes: 60,
      allowedWorkloads: null,
      workloadMaxAccessPerDay: null,
      verbRoles: {},
      replacesRoles: false,
    },
  })
})

test("a field that does not exist is refused, whatever it is called", () => {
  for (const field of ["id", "createdAt", "requires_mfa", "toString", "constructor"])
    assert.equal(faultOf({ [field]: 1 }), field)
  assert.equal(faultOf(JSON.parse('{"__proto__": {"requiresMfa": true}}') as object), "__proto__")
})

test("what the caller does to the input afterwards changes no row", () => {
  const allowedRoles = ["dev"]
  const parsed = parsePolicyRow({ ...GOOD, allowedRoles })
  allowedRoles.push("everybody")
  assert.ok("fields" in parsed)
  assert.deepEqual(parsed.fields.allowedRoles, ["dev"])
})

test("any input gives fields or a fault", () => {
  fc.assert(
    fc.property(fc.anything(), (input) => {
      const parsed = parsePolicyRow(input)
      assert.ok("fields" in parsed || "fault" in parsed)
    }),
  )
})
