import { randomBytes, randomUUID } from "node:crypto"
import type { SecretName } from "../../src/core/name.ts"
import type { AccessRequestRow, DecisionRow, FactorRow, GrantRow } from "../../src/state/rows.ts"
import { NOW } from "./rows.ts"

export function factorRow(principalId: string, over: Partial<FactorRow> = {}): FactorRow {
  return {
    id: randomUUID(),
    principalId,
    kind: "passkey",
    label: "key on the ring",
    material: randomBytes(91),
    credentialId: randomBytes(20),
    facts: '{"rpId":"localhost"}',
    createdAt: NOW - 7,
    lastUse: 3,
    mac: randomBytes(32),
    ...over,
  }
}

export function requestRow(requesterId: string, over: Partial<AccessRequestRow> = {}): AccessRequestRow {
  return {
    id: randomUUID(),
    kind: "access",
    requesterId,
    verb: "read",
    targets: [{ secretId: "s-1", name: "financial/ledger" as SecretName }],
    change: null,
    reason: "Closing the books of November",
    facts: "kind=access verb=read",
    digest: randomBytes(32),
    minutes: 60,
    uses: 1,
    steppedUp: true,
    needed: 2,
    createdAt: NOW - 6,
    expiresAt: NOW + 5,
    effectiveAt: null,
    state: "pending",
    decidedAt: null,
    revision: 1,
    mac: randomBytes(32),
    ...over,
  }
}

export function decisionRow(requestId: string, approverId: string, over: Partial<DecisionRow> = {}): DecisionRow {
  return { requestId, approverId, verdict: "approve", decidedAt: NOW - 1, mac: randomBytes(32), ...over }
}

export function grantRow(requestId: string, principalId: string, over: Partial<GrantRow> = {}): GrantRow {
  return {
    id: randomUUID(),
    requestId,
    principalId,
    secretId: "s-1",
    verb: "read",
    approvals: 2,
    steppedUp: false,
    usesLeft: 1,
    createdAt: NOW - 5,
    expiresAt: NOW + 3_600_000,
    revision: 1,
    mac: randomBytes(32),
    ...over,
  }
}
