import { createHmac, type KeyObject } from "node:crypto"
import { equalBytes, lengthPrefixed } from "../core/bytes.ts"
import type {
  AccessRequestRow,
  CredentialRow,
  DecisionRow,
  ExternalIdentityRow,
  FactorRow,
  GrantRow,
  IamBindingRow,
  IdentityProviderRow,
  PrincipalRow,
  RoleRow,
  ScheduleRow,
  WorkloadBinding,
  WorkloadIssuerRow,
} from "../state/rows.ts"

/**
 * Authentication codes of the rows that grant something. Whoever can write the database but has no root key cannot make
 * himself an admin, and a session's row put back after its end fails, because the owner's epoch has moved on. Putting
 * back the owner's older row together with it is caught by rollback detection only.
 */
type Unsigned<Row> = Omit<Row, "mac">

const PRINCIPAL = "tyler-principal/1"
const CREDENTIAL = "tyler-credential/1"
const PROVIDER = "tyler-identity-provider/1"
const IDENTITY = "tyler-external-identity/1"

export function principalMac(key: KeyObject, row: Unsigned<PrincipalRow>): Buffer {
  return mac(key, [
    PRINCIPAL,
    row.id,
    row.kind,
    row.name,
    lengthPrefixed(row.roles),
    String(row.disabled),
    String(row.epoch),
    row.passwordHash,
    String(row.mustChangePassword),
    String(row.factorEpoch),
    String(row.hasFactor),
    String(row.mustEnrol),
    String(row.breakGlass),
    row.email,
    lengthPrefixed(row.changedBy.flatMap(({ by, at }) => [by, String(at)])),
    row.ownerId,
    String(row.createdAt),
    row.standingReason,
  ])
}

/** @param ownerEpoch of the principal whose credential it is, while the code shall hold. */
export function credentialMac(key: KeyObject, row: Unsigned<CredentialRow>, ownerEpoch: number): Buffer {
  return mac(key, [
    CREDENTIAL,
    row.id,
    row.tokenHash,
    row.principalId,
    row.kind,
    row.assurance,
    String(row.createdAt),
    String(row.expiresAt),
    row.label,
    row.scope === null ? null : lengthPrefixed([lengthPrefixed(row.scope.secrets), lengthPrefixed(row.scope.verbs)]),
    row.sealedKey,
    row.standingReason,
    String(ownerEpoch),
  ])
}

/** Of the client secret its version: the sealed bytes open in that version's place only, and re-wrapping changes them. */
export function identityProviderMac(key: KeyObject, row: Unsigned<IdentityProviderRow>): Buffer {
  return mac(key, [
    PROVIDER,
    row.id,
    row.issuer,
    row.clientId,
    row.clientSecret?.version ?? null,
    lengthPrefixed(row.scopes),
    row.label,
    String(row.enabled),
    lengthPrefixed(row.roleRules.flatMap(({ claim, value, role }) => [claim, value, role])),
    lengthPrefixed(row.mfaAcr),
    lengthPrefixed(row.mfaAmr),
    String(row.revision),
    String(row.createdAt),
    String(row.updatedAt),
  ])
}

export function externalIdentityMac(key: KeyObject, row: Unsigned<ExternalIdentityRow>): Buffer {
  return mac(key, [IDENTITY, row.id, row.issuer, row.subject, row.principalId, String(row.createdAt)])
}

export function identityProviderGenuine(key: KeyObject, row: IdentityProviderRow): boolean {
  return equalBytes(identityProviderMac(key, row), row.mac)
}

export function externalIdentityGenuine(key: KeyObject, row: ExternalIdentityRow): boolean {
  return equalBytes(externalIdentityMac(key, row), row.mac)
}

export function principalGenuine(key: KeyObject, row: PrincipalRow): boolean {
  return equalBytes(principalMac(key, row), row.mac)
}

export function credentialGenuine(key: KeyObject, row: CredentialRow, ownerEpoch: number): boolean {
  return equalBytes(credentialMac(key, row, ownerEpoch), row.mac)
}

export function roleMac(key: KeyObject, row: Unsigned<RoleRow>): Buffer {
  return mac(key, ["tyler-role/1", row.name, row.description, row.createdBy, String(row.createdAt)])
}

export function roleGenuine(key: KeyObject, row: RoleRow): boolean {
  return equalBytes(roleMac(key, row), row.mac)
}

export function iamBindingMac(key: KeyObject, row: Unsigned<IamBindingRow>): Buffer {
  return mac(key, ["tyler-iam-binding/1", row.id, row.arn, row.accountId, String(row.createdAt)])
}

export function iamBindingGenuine(key: KeyObject, row: IamBindingRow): boolean {
  return equalBytes(iamBindingMac(key, row), row.mac)
}

export function workloadIssuerMac(key: KeyObject, row: Unsigned<WorkloadIssuerRow>): Buffer {
  return mac(key, [
    "tyler-workload-issuer/1",
    row.id,
    row.issuer,
    row.audience,
    row.jwksUri,
    row.jwks,
    String(row.allowPrivate),
    lengthPrefixed(row.bindings.map(bindingBytes)),
    String(row.createdAt),
    String(row.updatedAt),
    String(row.revision),
  ])
}

/** Claims in the order of their names: an engine may answer them in another than they were given in. */
function bindingBytes({ subject, claims, accountId }: WorkloadBinding): Buffer {
  const named = Object.keys(claims).toSorted()
  return lengthPrefixed([subject, accountId, ...named.flatMap((name) => [name, claims[name] ?? null])])
}

export function workloadIssuerGenuine(key: KeyObject, row: WorkloadIssuerRow): boolean {
  return equalBytes(workloadIssuerMac(key, row), row.mac)
}

/** @param factorEpoch of the owner, while the code shall hold: a removed factor put back is none. */
export function factorMac(key: KeyObject, row: Unsigned<FactorRow>, factorEpoch: number): Buffer {
  return mac(key, [
    "tyler-factor/1",
    row.id,
    row.principalId,
    row.kind,
    row.label,
    row.material,
    row.credentialId,
    row.facts,
    String(row.createdAt),
    String(row.lastUse),
    String(factorEpoch),
  ])
}

/** The reason may be erased, so it is covered by its hash in the facts only. */
export function requestMac(key: KeyObject, row: Unsigned<AccessRequestRow>): Buffer {
  return mac(key, [
    "tyler-access-request/1",
    row.id,
    row.kind,
    row.requesterId,
    row.verb,
    lengthPrefixed(row.targets.flatMap(({ secretId, name }) => [secretId, name])),
    row.change,
    row.facts,
    row.digest,
    String(row.minutes),
    row.uses === null ? null : String(row.uses),
    String(row.steppedUp),
    String(row.needed),
    String(row.createdAt),
    String(row.expiresAt),
    row.effectiveAt === null ? null : String(row.effectiveAt),
    row.state,
    row.decidedAt === null ? null : String(row.decidedAt),
    String(row.revision),
  ])
}

export function decisionMac(key: KeyObject, row: Unsigned<DecisionRow>): Buffer {
  return mac(key, ["tyler-decision/1", row.requestId, row.approverId, row.verdict, String(row.decidedAt)])
}

export function grantMac(key: KeyObject, row: Unsigned<GrantRow>): Buffer {
  return mac(key, [
    "tyler-grant/1",
    row.id,
    row.requestId,
    row.principalId,
    row.secretId,
    row.verb,
    String(row.approvals),
    String(row.steppedUp),
    row.usesLeft === null ? null : String(row.usesLeft),
    String(row.createdAt),
    String(row.expiresAt),
    String(row.revision),
  ])
}

/** Whose credentials a rotation may use, and where. When it is due is nothing that grants. */
export function scheduleMac(key: KeyObject, row: Authority): Buffer {
  const { secretId, strategy, lambdaArn, adminId, place } = row
  return mac(key, ["tyler-rotation-schedule/1", secretId, strategy, lambdaArn, adminId, place])
}

type Authority = Pick<ScheduleRow, "secretId" | "strategy" | "lambdaArn" | "adminId" | "place">

export function scheduleGenuine(key: KeyObject, row: ScheduleRow): boolean {
  return equalBytes(scheduleMac(key, row), row.mac)
}

export function factorGenuine(key: KeyObject, row: FactorRow, factorEpoch: number): boolean {
  return equalBytes(factorMac(key, row, factorEpoch), row.mac)
}

export function requestGenuine(key: KeyObject, row: AccessRequestRow): boolean {
  return equalBytes(requestMac(key, row), row.mac)
}

export function decisionGenuine(key: KeyObject, row: DecisionRow): boolean {
  return equalBytes(decisionMac(key, row), row.mac)
}

export function grantGenuine(key: KeyObject, row: GrantRow): boolean {
  return equalBytes(grantMac(key, row), row.mac)
}

function mac(key: KeyObject, fields: readonly (string | Uint8Array | null)[]): Buffer {
  return createHmac("sha256", key).update(lengthPrefixed(fields)).digest()
}
