import assert from "node:assert/strict"
import { test } from "node:test"
import type { PrincipalRow } from "../state/rows.ts"
import { BAR_MS, barOf, changedBy, tiesOf } from "./bar.ts"

const NOW = 10 * BAR_MS

function person(id: string, over: Partial<PrincipalRow> = {}): PrincipalRow {
  return {
    id,
    kind: "person",
    name: id,
    roles: [],
    disabled: false,
    epoch: 1,
    passwordHash: null,
    mustChangePassword: false,
    factorEpoch: 0,
    hasFactor: false,
    mustEnrol: false,
    breakGlass: false,
    email: null,
    changedBy: [],
    ownerId: null,
    createdAt: NOW - 1,
    standingReason: null,
    mac: Buffer.alloc(32),
    ...over,
  }
}

const finn = person("finn")
const asking = { requester: finn, owner: undefined }

test("a colleague may, the requester may not", () => {
  assert.equal(barOf(asking, person("gail"), NOW), undefined)
  assert.equal(barOf(asking, person("finn"), NOW), "own_request")
})

test("who made whom within seven days may not, in either direction; later it shows", () => {
  for (const [age, barred] of [
    [BAR_MS - 1, true],
    [BAR_MS, false],
    [BAR_MS + 1, false],
  ] as const) {
    const puppet = person("puppet", { ownerId: "finn", createdAt: NOW - age })
    assert.equal(barOf(asking, puppet, NOW), barred ? "made_by_requester" : undefined)
    assert.deepEqual(tiesOf(asking, puppet), { approverCreatedByRequester: true, requesterCreatedByApprover: false })
    const made = { requester: puppet, owner: undefined }
    assert.equal(barOf(made, finn, NOW), barred ? "made_requester" : undefined)
    assert.deepEqual(tiesOf(made, finn), { approverCreatedByRequester: false, requesterCreatedByApprover: true })
  }
})

test("whose role, password or factor the requester changed within seven days may not", () => {
  for (const [age, barred] of [
    [BAR_MS - 1, true],
    [BAR_MS, false],
  ] as const) {
    const changed = person("gail", {
      changedBy: [
        { by: "ada", at: NOW },
        { by: "finn", at: NOW - age },
      ],
    })
    assert.equal(barOf(asking, changed, NOW), barred ? "changed_by_requester" : undefined)
  }
})

test("whose role, password or factor the approver changed within seven days he may not decide for", () => {
  for (const [age, barred] of [
    [BAR_MS - 1, true],
    [BAR_MS, false],
    [BAR_MS + 1, false],
  ] as const) {
    const changedBy = [{ by: "gail", at: NOW - age }]
    const taken = person("finn", { changedBy })
    assert.equal(
      barOf({ requester: taken, owner: undefined }, person("gail"), NOW),
      barred ? "changed_requester" : undefined,
    )
    const program = person("deploy", { kind: "program", ownerId: "finn" })
    for (const asked of [
      { requester: program, owner: taken },
      { requester: { ...program, changedBy }, owner: finn },
    ])
      assert.equal(barOf(asked, person("gail"), NOW), barred ? "changed_requester" : undefined)
    assert.equal(barOf({ requester: taken, owner: undefined }, person("hugo"), NOW), undefined)
  }
})

test("a program's owner stands for it", () => {
  const program = person("deploy", { kind: "program", ownerId: "finn", createdAt: 0 })
  const asked = { requester: program, owner: finn }
  assert.equal(barOf(asked, finn, NOW), "own_program")
  assert.equal(barOf(asked, person("puppet", { ownerId: "finn" }), NOW), "made_by_requester")
  assert.equal(barOf(asked, person("gail"), NOW), undefined)
})

test("an account remembers the newest 32 changes by others that still bar", () => {
  assert.deepEqual(changedBy(finn, "finn", NOW), [])
  const old = person("gail", {
    changedBy: [
      { by: "ada", at: NOW - BAR_MS },
      { by: "bob", at: NOW - 1 },
    ],
  })
  assert.deepEqual(changedBy(old, "bob", NOW), [{ by: "bob", at: NOW }])
  assert.deepEqual(changedBy(old, "cy", NOW), [
    { by: "bob", at: NOW - 1 },
    { by: "cy", at: NOW },
  ])
  let row = finn
  for (let at = 0; at < 40; at++) row = { ...row, changedBy: changedBy(row, `admin-${at}`, NOW + at) }
  assert.equal(row.changedBy.length, 32)
  assert.equal(row.changedBy.at(-1)?.by, "admin-39")
})
