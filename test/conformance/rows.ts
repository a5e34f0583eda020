import { randomBytes, randomUUID } from "node:crypto"
import type { Act, Draft, LedgerWriter, Moved, QuotaClaim, Recorded } from "../../src/audit/ledger.ts"
import type { SecretName } from "../../src/core/name.ts"
import type { VersionId } from "../../src/core/version.ts"
import type { Change } from "../../src/state/change.ts"
import type {
  CredentialRow,
  ExternalIdentityRow,
  IamBindingRow,
  IdentityProviderRow,
  KeyRow,
  PolicyRow,
  PrincipalRow,
  RoleRow,
  SecretRow,
  VersionRow,
  WorkloadIssuerRow,
} from "../../src/state/rows.ts"

/** Rows with every field set to something that is easy to tell apart, and acts that carry them. */

export const NOW = Date.UTC(2026, 10, 24, 12, 0, 0, 123)

export function draft(over: Partial<Draft> = {}): Draft {
  return {
    timestamp: NOW,
    requestId: randomUUID(),
    action: "GET",
    result: "SUCCESS",
    resourceType: "secret",
    resourceName: "config/sample",
    userId: "person-1",
    principalKind: "person",
    roles: ["developer"],
    policyIds: ["config"],
    decision: "permit",
    versionId: null,
    grantId: null,
    details: null,
    salt: randomBytes(32),
    username: "dev",
    ipAddress: "192.0.2.7",
    userAgent: "curl/8.5.0",
    reason: "nightly import of invoices",
    ...over,
  }
}

export function act(over: Partial<Act> = {}): Act {
  return {
    entry: draft(),
    policyEpoch: null,
    principal: null,
    secret: null,
    grant: null,
    quota: null,
    changes: [],
    ...over,
  }
}

export function changing(...changes: Change[]): Act {
  return act({ changes })
}

export function claim(over: Partial<QuotaClaim> = {}): QuotaClaim {
  return { principalId: randomUUID(), secretId: "s-1", day: "2026-11-24", perSecret: null, perPerson: null, ...over }
}

/** The outcome of one act that must stand. */
export async function recorded(ledger: LedgerWriter, one: Act): Promise<Recorded> {
  const [outcome] = await ledger.recordAll([one])
  if (outcome === undefined || "moved" in outcome) throw new Error(`left out: ${JSON.stringify(outcome)}`)
  return outcome
}

/** What stood in the way of one act that must be left out. */
export async function leftOut(ledger: LedgerWriter, one: Act): Promise<Moved> {
  const [outcome] = await ledger.recordAll([one])
  if (outcome === undefined || !("moved" in outcome)) throw new Error("the act stands")
  return outcome.moved
}

/** The conflict that one change must run into. */
export async function conflictOf(ledger: LedgerWriter, ...changes: Change[]): Promise<string> {
  const moved = await leftOut(ledger, changing(...changes))
  return moved.kind === "conflict" ? moved.conflict : moved.kind
}

export function principalRow(over: Partial<PrincipalRow> = {}): PrincipalRow {
  const id = over.id ?? randomUUID()
  return {
    id,
    kind: "person",
    name: `user-${id}`,
    roles: ["admin", "developer"],
    disabled: false,
    epoch: 1,
    passwordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
    mustChangePassword: true,
    factorEpoch: 3,
    hasFactor: true,
    mustEnrol: true,
    breakGlass: true,
    email: "dev@example.com",
    changedBy: [{ by: "person-2", at: NOW - 6 }],
    ownerId: null,
    createdAt: NOW - 5,
    standingReason: null,
    mac: randomBytes(32),
    ...over,
  }
}

export function credentialRow(principalId: string, over: Partial<CredentialRow> = {}): CredentialRow {
  return {
    id: randomUUID(),
    tokenHash: randomBytes(32),
    principalId,
    kind: "session",
    assurance: "password",
    createdAt: NOW,
    expiresAt: NOW + 3_600_001,
    label: "Firefox on Linux",
    scope: null,
    sealedKey: null,
    standingReason: null,
    mac: randomBytes(32),
    ...over,
  }
}

export function roleRow(name: string, over: Partial<RoleRow> = {}): RoleRow {
  const facts = { description: `The role ${name}`, createdBy: "person-1", createdAt: NOW - 3 }
  return { name, ...facts, mac: randomBytes(32), ...over }
}

export function iamBindingRow(over: Partial<IamBindingRow> = {}): IamBindingRow {
  const arn = `arn:aws:iam::123456789012:role/${randomUUID()}`
  return { id: randomUUID(), arn, accountId: "w-1", createdAt: NOW - 1, mac: randomBytes(32), ...over }
}

export function workloadIssuerRow(over: Partial<WorkloadIssuerRow> = {}): WorkloadIssuerRow {
  const id = randomUUID()
  return {
    id,
    issuer: `https://issuer.example/${id}`,
    audience: "https://tyler.example.com",
    jwksUri: "https://issuer.example/keys",
    jwks: null,
    allowPrivate: true,
    bindings: [{ subject: "repo:a/*", claims: { z: "1", a: "2" }, accountId: "w-1" }],
    createdAt: NOW - 2,
    updatedAt: NOW - 1,
    revision: 1,
    mac: randomBytes(32),
    ...over,
  }
}

export function identityProviderRow(over: Partial<IdentityProviderRow> = {}): IdentityProviderRow {
  const id = over.id ?? `p-${randomUUID()}`
  return {
    id,
    issuer: `https://login.example/${id}`,
    clientId: "tyler",
    clientSecret: { version: randomUUID(), keyId: "kek-1", sealed: randomBytes(48) },
    scopes: ["openid", "profile"],
    label: "Example, Inc.",
    enabled: true,
    roleRules: [{ claim: "groups", value: 'with "quotes"', role: "developer" }],
    mfaAcr: ["urn:example:loa:2"],
    mfaAmr: ["mfa", "hwk"],
    revision: 1,
    createdAt: NOW - 4,
    updatedAt: NOW - 3,
    mac: randomBytes(32),
    ...over,
  }
}

export function externalIdentityRow(principalId: string, over: Partial<ExternalIdentityRow> = {}): ExternalIdentityRow {
  const id = randomUUID()
  return {
    id,
    issuer: "https://a.example",
    subject: `subject-${id}`,
    principalId,
    createdAt: NOW,
    mac: randomBytes(32),
    ...over,
  }
}

export function policyRow(id: string, over: Partial<PolicyRow> = {}): PolicyRow {
  return {
    id,
    secretPattern: `${id}/*`,
    allowedRoles: ["admin", "developer"],
    requiresMfa: false,
    requiresApproval: true,
    maxAccessPerDay: 10,
    approverRoles: null,
    minApprovals: 1,
    grantMinutes: 60,
    allowedWorkloads: [],
    workloadMaxAccessPerDay: null,
    verbRoles: { delete: ["admin"], audit: [] },
    replacesRoles: false,
    createdAt: NOW - 2,
    updatedAt: NOW - 1,
    ...over,
  }
}

export function keyRow(id: string, over: Partial<KeyRow> = {}): KeyRow {
  return { id, purpose: "kek", wrapped: Buffer.from(`wrapped ${id}`), createdAt: NOW, state: "active", ...over }
}

export function secretRow(name: string, over: Partial<SecretRow> = {}): SecretRow {
  return {
    id: randomUUID(),
    name: name as SecretName,
    arn: `arn:aws:secretsmanager:local:000000000000:secret:tyler/${name}-${randomBytes(3).toString("hex")}`,
    description: "for tests",
    tags: [{ Key: "team", Value: "billing" }],
    createdAt: NOW - 4,
    createdBy: "person-1",
    changedAt: NOW - 3,
    lastAccessed: null,
    revision: 1,
    rotationDueSince: null,
    deletionAt: null,
    adopted: true,
    ...over,
  }
}

export function versionRow(secretId: string, over: Partial<VersionRow> = {}): VersionRow {
  return {
    secretId,
    versionId: randomUUID() as VersionId,
    seq: 1,
    keyId: "kek-1",
    sealed: randomBytes(48),
    createdAt: NOW,
    createdBy: "person-1",
    lastAccessed: null,
    ...over,
  }
}

let names = 0
/** A name no other test uses, in the same database. */
export function freshName(folder = "config"): string {
  return `${folder}/secret-${String(names++).padStart(5, "0")}`
}

export interface Stored {
  readonly secret: SecretRow
  readonly version: VersionRow
}

/** A secret with one version, labelled current. */
export async function storeSecret(
  ledger: LedgerWriter,
  { keyId = "kek-1", ...over }: Partial<SecretRow> & { readonly keyId?: string } = {},
): Promise<Stored> {
  const secret = secretRow(over.name ?? freshName(), over)
  const version = versionRow(secret.id, { keyId })
  await recorded(ledger, changing({ kind: "addSecret", secret, version }))
  return { secret, version }
}

/** Rows as values: bytes of either kind become hex, so that engines may answer Buffer or Uint8Array. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
}
