import assert from "node:assert/strict"
import { createHmac, createSecretKey } from "node:crypto"
import { test } from "node:test"
import { lengthPrefixed } from "../core/bytes.ts"
import type { CredentialRow, IamBindingRow, PrincipalRow, RoleRow, WorkloadIssuerRow } from "../state/rows.ts"
import {
  credentialGenuine,
  credentialMac,
  principalGenuine,
  principalMac,
  roleGenuine,
  roleMac,
  iamBindingGenuine,
  iamBindingMac,
  workloadIssuerGenuine,
  workloadIssuerMac,
} from "./row-mac.ts"

const KEY = createSecretKey(Buffer.alloc(32, 1))
const OTHER_KEY = createSecretKey(Buffer.alloc(32, 2))

const person: Omit<PrincipalRow, "mac"> = {
  id: "p-1",
  kind: "person",
  name: "ada",
  roles: ["admin", "developer"],
  disabled: false,
  epoch: 3,
  passwordHash: "$argon2id$...",
  mustChangePassword: false,
  factorEpoch: 2,
  hasFactor: false,
  mustEnrol: false,
  breakGlass: false,
  email: null,
  changedBy: [{ by: "p-2", at: 900 }],
  ownerId: null,
  createdAt: 1000,
  standingReason: null,
}
const session: Omit<CredentialRow, "mac"> = {
  id: "c-1",
  tokenHash: Buffer.alloc(32, 7),
  principalId: "p-1",
  kind: "session",
  assurance: "password",
  createdAt: 1000,
  expiresAt: 2000,
  label: "Firefox",
  scope: null,
  sealedKey: null,
  standingReason: null,
}
const SCOPE = { secrets: ["a/*", "b"], verbs: ["read", "list"] } as const

/** For every field at least one other value; the type makes a new field appear here. */
const otherPerson: { readonly [Field in keyof typeof person]: readonly (typeof person)[Field][] } = {
  id: ["p-2", ""],
  kind: ["program"],
  name: ["adb", "Ada"],
  roles: [[], ["admin"], ["developer", "admin"], ["admin,developer"], ["admin", "developer", ""], ["admin", "auditor"]],
  disabled: [true],
  epoch: [2, 4, 30],
  passwordHash: [null, "", "$argon2id$..,"],
  mustChangePassword: [true],
  factorEpoch: [1, 3],
  hasFactor: [true],
  mustEnrol: [true],
  breakGlass: [true],
  email: ["", "ada@example.com"],
  changedBy: [
    [],
    [{ by: "p-3", at: 900 }],
    [{ by: "p-2", at: 901 }],
    [
      { by: "p-2", at: 900 },
      { by: "", at: 0 },
    ],
  ],
  ownerId: ["", "p-1"],
  createdAt: [1001, 100],
  standingReason: ["", "nightly import of invoices"],
}
const otherSession: { readonly [Field in keyof typeof session]: readonly (typeof session)[Field][] } = {
  id: ["c-2"],
  tokenHash: [Buffer.alloc(32, 8), Buffer.alloc(31, 7)],
  principalId: ["p-2"],
  kind: ["token", "access_key"],
  assurance: ["mfa", "half", "token"],
  createdAt: [999],
  expiresAt: [2001, 20_000],
  label: ["Firefox ", ""],
  scope: [SCOPE, { secrets: [], verbs: [] }],
  sealedKey: [Buffer.alloc(0), Buffer.alloc(32, 7)],
  standingReason: ["", "nightly import of invoices"],
}

test("a row is genuine as it was signed, and in no field otherwise", () => {
  const row = { ...person, mac: principalMac(KEY, person) }
  assert.equal(principalGenuine(KEY, row), true)
  for (const [field, values] of Object.entries(otherPerson))
    for (const value of values)
      assert.equal(principalGenuine(KEY, { ...row, [field]: value }), false, `${field} ${JSON.stringify(value)}`)
})

test("a credential is genuine as it was signed, and in no field otherwise", () => {
  const row = { ...session, mac: credentialMac(KEY, session, 3) }
  assert.equal(credentialGenuine(KEY, row, 3), true)
  for (const epoch of [2, 4]) assert.equal(credentialGenuine(KEY, row, epoch), false, `epoch ${epoch}`)
  for (const [field, values] of Object.entries(otherSession))
    for (const value of values)
      assert.equal(credentialGenuine(KEY, { ...row, [field]: value }, 3), false, `${field} ${JSON.stringify(value)}`)
})

const issuer: Omit<WorkloadIssuerRow, "mac"> = {
  id: "i-1",
  issuer: "https://issuer.example",
  audience: "tyler",
  jwksUri: null,
  jwks: null,
  allowPrivate: false,
  bindings: [{ subject: "a:*", claims: { x: "1", y: "2" }, accountId: "w-1" }],
  createdAt: 1000,
  updatedAt: 2000,
  revision: 3,
}
const [binding] = issuer.bindings
const otherIssuer: { readonly [Field in keyof typeof issuer]: readonly unknown[] } = {
  id: ["i-2"],
  issuer: ["https://issuer.example/"],
  audience: ["other"],
  jwksUri: ["", "https://issuer.example/keys"],
  jwks: ["{}"],
  allowPrivate: [true],
  bindings: [
    [],
    [{ ...binding, subject: "a:**" }],
    [{ ...binding, accountId: "w-2" }],
    [{ ...binding, claims: {} }],
    [{ ...binding, claims: { x: "2", y: "1" } }],
    [{ ...binding, claims: { x: "1", y: "2", z: "3" } }],
    [binding, binding],
  ],
  createdAt: [1001],
  updatedAt: [2001],
  revision: [2, 4],
}

test("an issuer is genuine as it was signed, whatever the order of its claims, and in no field otherwise", () => {
  const row = { ...issuer, mac: workloadIssuerMac(KEY, issuer) }
  assert.equal(workloadIssuerGenuine(KEY, row), true)
  const turned = { subject: "a:*", claims: { y: "2", x: "1" }, accountId: "w-1" }
  assert.equal(workloadIssuerGenuine(KEY, { ...row, bindings: [turned] }), true)
  assert.equal(workloadIssuerGenuine(OTHER_KEY, row), false)
  for (const [field, values] of Object.entries(otherIssuer))
    for (const value of values)
      assert.equal(workloadIssuerGenuine(KEY, { ...row, [field]: value }), false, `${field} ${JSON.stringify(value)}`)
})

const bound: Omit<IamBindingRow, "mac"> = { id: "b-1", arn: "arn:a", accountId: "w-1", createdAt: 1000 }

test("an IAM binding is genuine as it was signed, and in no field otherwise", () => {
  const row = { ...bound, mac: iamBindingMac(KEY, bound) }
  assert.equal(iamBindingGenuine(KEY, row), true)
  assert.equal(iamBindingGenuine(OTHER_KEY, row), false)
  const others: { readonly [Field in keyof typeof bound]: (typeof bound)[Field] } = {
    id: "b-2",
    arn: "arn:b",
    accountId: "w-2",
    createdAt: 1001,
  }
  for (const [field, value] of Object.entries(others))
    assert.equal(iamBindingGenuine(KEY, { ...row, [field]: value }), false, field)
})

const role: Omit<RoleRow, "mac"> = { name: "cfo", description: "Signs", createdBy: "p-1", createdAt: 1000 }

test("a role is genuine as it was signed, and in no field otherwise", () => {
  const row = { ...role, mac: roleMac(KEY, role) }
  assert.equal(roleGenuine(KEY, row), true)
  assert.equal(roleGenuine(OTHER_KEY, row), false)
  const others: { readonly [Field in keyof typeof role]: (typeof role)[Field] } = {
    name: "cf",
    description: "oSigns",
    createdBy: "p-2",
    createdAt: 1001,
  }
  for (const [field, value] of Object.entries(others))
    assert.equal(roleGenuine(KEY, { ...row, [field]: value }), false, field)
})

test("a scope is genuine as it was signed, and in no part otherwise", () => {
  const row = { ...session, scope: SCOPE }
  const signed = { ...row, mac: credentialMac(KEY, row, 3) }
  assert.equal(credentialGenuine(KEY, signed, 3), true)
  const others: CredentialRow["scope"][] = [
    null,
    { ...SCOPE, secrets: ["*"] },
    { ...SCOPE, secrets: ["a/*"] },
    { ...SCOPE, secrets: ["b", "a/*"] },
    { ...SCOPE, verbs: ["read", "list", "reveal"] },
    { secrets: ["a/*", "b", "read"], verbs: ["list"] },
  ]
  for (const scope of others)
    assert.equal(credentialGenuine(KEY, { ...signed, scope }, 3), false, JSON.stringify(scope))
})

test("another key, another code and a code of another length are not genuine", () => {
  const row = { ...person, mac: principalMac(KEY, person) }
  assert.equal(principalGenuine(OTHER_KEY, row), false)
  for (const mac of [new Uint8Array(0), row.mac.subarray(0, 31), Buffer.alloc(32), Buffer.concat([row.mac, row.mac])])
    assert.equal(principalGenuine(KEY, { ...row, mac }), false)
  assert.equal(credentialGenuine(OTHER_KEY, { ...session, mac: credentialMac(KEY, session, 3) }, 3), false)
})

test("text moved from one field to its neighbour changes the code", () => {
  const moved = { ...person, id: "p-", name: "1ada" }
  assert.notDeepEqual(principalMac(KEY, moved), principalMac(KEY, person))
})

test("the code is HMAC-SHA-256 over the label and the length-prefixed fields, in this order", () => {
  const roles = lengthPrefixed(["admin", "developer"])
  const fields = [
    "tyler-principal/1",
    "p-1",
    "person",
    "ada",
    roles,
    "false",
    "3",
    "$argon2id$...",
    "false",
    "2",
    "false",
    "false",
    "false",
    null,
    lengthPrefixed(["p-2", "900"]),
    null,
    "1000",
    null,
  ]
  assert.deepEqual(principalMac(KEY, person), createHmac("sha256", KEY).update(lengthPrefixed(fields)).digest())
  const credential = [
    "tyler-credential/1",
    "c-1",
    session.tokenHash,
    "p-1",
    "session",
    "password",
    "1000",
    "2000",
    "Firefox",
    null,
    null,
    null,
    "3",
  ]
  assert.deepEqual(
    credentialMac(KEY, session, 3),
    createHmac("sha256", KEY).update(lengthPrefixed(credential)).digest(),
  )
})
