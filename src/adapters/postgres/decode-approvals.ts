import type { AccessRequestRow, DecisionRow, FactorRow, GrantRow } from "../../state/rows.ts"
import { bytes, flag, maybeBytes, maybeNumber, maybeText, number, type SqlRow, text } from "./decode.ts"

export function factorRow(row: SqlRow): FactorRow {
  return {
    id: text(row, "id"),
    principalId: text(row, "principal_id"),
    kind: text(row, "kind") as FactorRow["kind"],
    label: text(row, "label"),
    material: bytes(row, "material"),
    credentialId: maybeBytes(row, "credential_id"),
    facts: text(row, "facts"),
    createdAt: number(row, "created_at"),
    lastUse: number(row, "last_use"),
    mac: bytes(row, "mac"),
  }
}

export function requestRow(row: SqlRow): AccessRequestRow {
  return {
    id: text(row, "id"),
    kind: text(row, "kind") as AccessRequestRow["kind"],
    requesterId: text(row, "requester_id"),
    verb: maybeText(row, "verb") as AccessRequestRow["verb"],
    targets: row["targets"] as AccessRequestRow["targets"],
    change: maybeText(row, "change"),
    reason: maybeText(row, "reason"),
    facts: text(row, "facts"),
    digest: bytes(row, "digest"),
    minutes: number(row, "minutes"),
    uses: maybeNumber(row, "uses"),
    steppedUp: flag(row, "stepped_up"),
    needed: number(row, "needed"),
    createdAt: number(row, "created_at"),
    expiresAt: number(row, "expires_at"),
    effectiveAt: maybeNumber(row, "effective_at"),
    state: text(row, "state") as AccessRequestRow["state"],
    decidedAt: maybeNumber(row, "decided_at"),
    revision: number(row, "revision"),
    mac: bytes(row, "mac"),
  }
}

export function decisionRow(row: SqlRow): DecisionRow {
  return {
    requestId: text(row, "request_id"),
    approverId: text(row, "approver_id"),
    verdict: text(row, "verdict") as DecisionRow["verdict"],
    decidedAt: number(row, "decided_at"),
    mac: bytes(row, "mac"),
  }
}

export function grantRow(row: SqlRow): GrantRow {
  return {
    id: text(row, "id"),
    requestId: text(row, "request_id"),
    principalId: text(row, "principal_id"),
    secretId: text(row, "secret_id"),
    verb: text(row, "verb") as GrantRow["verb"],
    approvals: number(row, "approvals"),
    steppedUp: flag(row, "stepped_up"),
    usesLeft: maybeNumber(row, "uses_left"),
    createdAt: number(row, "created_at"),
    expiresAt: number(row, "expires_at"),
    revision: number(row, "revision"),
    mac: bytes(row, "mac"),
  }
}
