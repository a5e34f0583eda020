import assert from "node:assert/strict"
import { createSecretKey } from "node:crypto"
import { test } from "node:test"
import type { SecretName } from "../core/name.ts"
import type { AccessRequestRow, DecisionRow, FactorRow, GrantRow } from "../state/rows.ts"
import {
  decisionGenuine,
  decisionMac,
  factorGenuine,
  factorMac,
  grantGenuine,
  grantMac,
  requestGenuine,
  requestMac,
} from "./row-mac.ts"

const KEY = createSecretKey(Buffer.alloc(32, 1))
const OTHER_KEY = createSecretKey(Buffer.alloc(32, 2))

/** For every field at least one other value; the type makes a new field appear here. */
type Others<Row> = { readonly [Field in keyof Row]: readonly Row[Field][] }

const factor: Omit<FactorRow, "mac"> = {
  id: "f-1",
  principalId: "p-1",
  kind: "totp",
  label: "phone",
  material: Buffer.alloc(48, 7),
  credentialId: null,
  facts: "{}",
  createdAt: 1000,
  lastUse: 5,
}
const otherFactor: Others<typeof factor> = {
  id: ["f-2"],
  principalId: ["p-2"],
  kind: ["passkey", "recovery"],
  label: ["phone ", ""],
  material: [Buffer.alloc(48, 8), Buffer.alloc(47, 7)],
  credentialId: [Buffer.alloc(0), Buffer.alloc(16)],
  facts: [""],
  createdAt: [1001],
  lastUse: [4, 6],
}

const request: Omit<AccessRequestRow, "mac" | "reason"> = {
  id: "r-1",
  kind: "access",
  requesterId: "p-1",
  verb: "read",
  targets: [{ secretId: "s-1", name: "financial/ledger" as SecretName }],
  change: null,
  facts: "kind=access",
  digest: Buffer.alloc(32, 3),
  minutes: 60,
  uses: 1,
  steppedUp: false,
  needed: 1,
  createdAt: 1000,
  expiresAt: 2000,
  effectiveAt: null,
  state: "pending",
  decidedAt: null,
  revision: 1,
}
const otherRequest: Others<typeof request> = {
  id: ["r-2"],
  kind: ["change", "break_glass"],
  requesterId: ["p-2"],
  verb: [null, "purge"],
  targets: [[], [{ secretId: "s-2", name: "financial/ledger" as SecretName }]],
  change: ["", "{}"],
  facts: ["kind=access "],
  digest: [Buffer.alloc(32, 4)],
  minutes: [61],
  uses: [null, 2],
  steppedUp: [true],
  needed: [0, 2],
  createdAt: [1001],
  expiresAt: [2001],
  effectiveAt: [0, 1],
  state: ["approved", "denied"],
  decidedAt: [0],
  revision: [2],
}

const decision: Omit<DecisionRow, "mac"> = { requestId: "r-1", approverId: "p-2", verdict: "deny", decidedAt: 5 }
const otherDecision: Others<typeof decision> = {
  requestId: ["r-2"],
  approverId: ["p-3"],
  verdict: ["approve"],
  decidedAt: [6],
}

const grant: Omit<GrantRow, "mac"> = {
  id: "g-1",
  requestId: "r-1",
  principalId: "p-1",
  secretId: "s-1",
  verb: "read",
  approvals: 1,
  steppedUp: false,
  usesLeft: 1,
  createdAt: 1000,
  expiresAt: 2000,
  revision: 1,
}
const otherGrant: Others<typeof grant> = {
  id: ["g-2"],
  requestId: ["r-2"],
  principalId: ["p-2"],
  secretId: ["s-2"],
  verb: ["purge"],
  approvals: [0, 2],
  steppedUp: [true],
  usesLeft: [null, 0, 2],
  createdAt: [999],
  expiresAt: [2001],
  revision: [0, 2],
}

interface Kind {
  readonly name: string
  readonly row: object
  readonly others: Readonly<Record<string, readonly unknown[]>>
  mac(row: object): Buffer
  genuine(key: typeof KEY, row: object): boolean
}

const KINDS: readonly Kind[] = [
  {
    name: "factor",
    row: factor,
    others: otherFactor,
    mac: (row) => factorMac(KEY, row as FactorRow, 2),
    genuine: (key, row) => factorGenuine(key, row as FactorRow, 2),
  },
  {
    name: "request",
    row: request,
    others: otherRequest,
    mac: (row) => requestMac(KEY, row as AccessRequestRow),
    genuine: (key, row) => requestGenuine(key, row as AccessRequestRow),
  },
  {
    name: "decision",
    row: decision,
    others: otherDecision,
    mac: (row) => decisionMac(KEY, row as DecisionRow),
    genuine: (key, row) => decisionGenuine(key, row as DecisionRow),
  },
  {
    name: "grant",
    row: grant,
    others: otherGrant,
    mac: (row) => grantMac(KEY, row as GrantRow),
    genuine: (key, row) => grantGenuine(key, row as GrantRow),
  },
]

for (const kind of KINDS)
  test(`a ${kind.name} is genuine as it was signed, and in no field otherwise`, () => {
    const { row, others } = kind
    const signed = { ...row, mac: kind.mac(row) }
    assert.equal(kind.genuine(KEY, signed), true)
    assert.equal(kind.genuine(OTHER_KEY, signed), false)
    for (const [field, values] of Object.entries(others))
      for (const value of values)
        assert.equal(kind.genuine(KEY, { ...signed, [field]: value }), false, `${field} ${JSON.stringify(value)}`)
  })

test("a factor's code holds for its owner's factor epoch", () => {
  const signed = { ...factor, mac: factorMac(KEY, factor, 2) }
  for (const epoch of [1, 3]) assert.equal(factorGenuine(KEY, signed, epoch), false)
})

test("an erased reason leaves a request genuine", () => {
  const row = { ...request, reason: "closing the month" }
  const signed = { ...row, mac: requestMac(KEY, row) }
  assert.equal(requestGenuine(KEY, { ...signed, reason: null }), true)
})
