import type { SecretName } from "../../core/name.ts"
import type { TokenScope } from "../../core/principal.ts"
import type { VersionId } from "../../core/version.ts"
import type {
  CredentialRow,
  DeliveryRow,
  EntryRow,
  ErasureRow,
  ExternalIdentityRow,
  HeadRow,
  HoldRow,
  IamBindingRow,
  IdentityProviderRow,
  IntentRow,
  KeyRow,
  LabelRow,
  PolicyRow,
  PrincipalRow,
  RoleRule,
  RoleRow,
  SecretRow,
  Tag,
  VersionRow,
  WatchedEntry,
  WorkloadIssuerRow,
} from "../../state/rows.ts"

/** A row as `pg` gives it with the parsers of `connect.ts`: each column has the type its SELECT gives it. */
export type SqlRow = Record<string, unknown>

export const text = (row: SqlRow, column: string): string => row[column] as string
export const maybeText = (row: SqlRow, column: string): string | null => row[column] as string | null
export const number = (row: SqlRow, column: string): number => row[column] as number
export const maybeNumber = (row: SqlRow, column: string): number | null => row[column] as number | null
export const bytes = (row: SqlRow, column: string): Uint8Array => row[column] as Uint8Array
export const maybeBytes = (row: SqlRow, column: string): Uint8Array | null => row[column] as Uint8Array | null
export const flag = (row: SqlRow, column: string): boolean => row[column] as boolean
const list = (row: SqlRow, column: string): string[] => row[column] as string[]
const maybeList = (row: SqlRow, column: string): string[] | null => row[column] as string[] | null

export function headRow(row: SqlRow): HeadRow {
  return {
    size: number(row, "size"),
    root: bytes(row, "root"),
    edge: bytes(row, "edge"),
    lastTime: number(row, "last_time"),
    policyEpoch: number(row, "policy_epoch"),
    policyMac: bytes(row, "policy_mac"),
  }
}

export function policyRow(row: SqlRow): PolicyRow {
  return {
    id: text(row, "id"),
    secretPattern: text(row, "secret_pattern"),
    allowedRoles: maybeList(row, "allowed_roles"),
    requiresMfa: flag(row, "requires_mfa"),
    requiresApproval: flag(row, "requires_approval"),
    maxAccessPerDay: maybeNumber(row, "max_access_per_day"),
    approverRoles: maybeList(row, "approver_roles"),
    minApprovals: number(row, "min_approvals"),
    grantMinutes: number(row, "grant_minutes"),
    allowedWorkloads: maybeList(row, "allowed_workloads"),
    workloadMaxAccessPerDay: maybeNumber(row, "workload_max_access_per_day"),
    verbRoles: row["verb_roles"] as PolicyRow["verbRoles"],
    replacesRoles: flag(row, "replaces_roles"),
    createdAt: number(row, "created_at"),
    updatedAt: number(row, "updated_at"),
  }
}

export function principalRow(row: SqlRow): PrincipalRow {
  return {
    id: text(row, "id"),
    kind: text(row, "kind") as PrincipalRow["kind"],
    name: text(row, "name"),
    roles: list(row, "roles"),
    disabled: flag(row, "disabled"),
    epoch: number(row, "epoch"),
    passwordHash: maybeText(row, "password_hash"),
    mustChangePassword: flag(row, "must_change_password"),
    factorEpoch: number(row, "factor_epoch"),
    hasFactor: flag(row, "has_factor"),
    mustEnrol: flag(row, "must_enrol"),
    breakGlass: flag(row, "break_glass"),
    email: maybeText(row, "email"),
    changedBy: row["changed_by"] as PrincipalRow["changedBy"],
    ownerId: maybeText(row, "owner_id"),
    createdAt: number(row, "created_at"),
    standingReason: maybeText(row, "standing_reason"),
    mac: bytes(row, "mac"),
  }
}

export function credentialRow(row: SqlRow): CredentialRow {
  return {
    id: text(row, "id"),
    tokenHash: bytes(row, "token_hash"),
    principalId: text(row, "principal_id"),
    kind: text(row, "kind") as CredentialRow["kind"],
    assurance: text(row, "assurance") as CredentialRow["assurance"],
    createdAt: number(row, "created_at"),
    expiresAt: number(row, "expires_at"),
    label: text(row, "label"),
    scope: row["scope"] as TokenScope | null,
    sealedKey: maybeBytes(row, "sealed_key"),
    standingReason: maybeText(row, "standing_reason"),
    mac: bytes(row, "mac"),
  }
}

export function roleRow(row: SqlRow): RoleRow {
  return {
    name: text(row, "name"),
    description: text(row, "description"),
    createdBy: text(row, "created_by"),
    createdAt: number(row, "created_at"),
    mac: bytes(row, "mac"),
  }
}

export function iamBindingRow(row: SqlRow): IamBindingRow {
  return {
    id: text(row, "id"),
    arn: text(row, "arn"),
    accountId: text(row, "account_id"),
    createdAt: number(row, "created_at"),
    mac: bytes(row, "mac"),
  }
}

export function workloadIssuerRow(row: SqlRow): WorkloadIssuerRow {
  return {
    id: text(row, "id"),
    issuer: text(row, "issuer"),
    audience: text(row, "audience"),
    jwksUri: maybeText(row, "jwks_uri"),
    jwks: maybeText(row, "jwks"),
    allowPrivate: flag(row, "allow_private"),
    bindings: row["bindings"] as WorkloadIssuerRow["bindings"],
    createdAt: number(row, "created_at"),
    updatedAt: number(row, "updated_at"),
    revision: number(row, "revision"),
    mac: bytes(row, "mac"),
  }
}

export function identityProviderRow(row: SqlRow): IdentityProviderRow {
  const version = maybeText(row, "secret_version")
  return {
    id: text(row, "id"),
    issuer: text(row, "issuer"),
    clientId: text(row, "client_id"),
    clientSecret:
      version === null ? null : { version, keyId: text(row, "secret_key_id"), sealed: bytes(row, "secret_sealed") },
    scopes: list(row, "scopes"),
    label: text(row, "label"),
    enabled: flag(row, "enabled"),
    roleRules: row["role_rules"] as RoleRule[],
    mfaAcr: list(row, "mfa_acr"),
    mfaAmr: list(row, "mfa_amr"),
    revision: number(row, "revision"),
    createdAt: number(row, "created_at"),
    updatedAt: number(row, "updated_at"),
    mac: bytes(row, "mac"),
  }
}

export function externalIdentityRow(row: SqlRow): ExternalIdentityRow {
  return {
    id: text(row, "id"),
    issuer: text(row, "issuer"),
    subject: text(row, "subject"),
    principalId: text(row, "principal_id"),
    createdAt: number(row, "created_at"),
    mac: bytes(row, "mac"),
  }
}

export function holdRow(row: SqlRow): HoldRow {
  return { personId: text(row, "person_id"), heldBy: text(row, "held_by"), heldAt: number(row, "held_at") }
}

export function erasureRow(row: SqlRow): ErasureRow {
  return {
    personId: text(row, "person_id"),
    requestId: text(row, "request_id"),
    orderIndex: maybeNumber(row, "order_index"),
    nextIndex: number(row, "next_index"),
    orderedAt: number(row, "ordered_at"),
    finished: flag(row, "finished"),
  }
}

export function secretRow(row: SqlRow): SecretRow {
  return {
    id: text(row, "id"),
    name: text(row, "name") as SecretName,
    arn: text(row, "arn"),
    description: text(row, "description"),
    tags: row["tags"] as Tag[] | null,
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    changedAt: number(row, "changed_at"),
    lastAccessed: maybeText(row, "last_accessed"),
    revision: number(row, "revision"),
    rotationDueSince: maybeNumber(row, "rotation_due_since"),
    deletionAt: maybeNumber(row, "deletion_at"),
    adopted: flag(row, "adopted"),
  }
}

export function versionRow(row: SqlRow): VersionRow {
  return { ...bareVersionRow(row), sealed: bytes(row, "sealed") }
}

export function bareVersionRow(row: SqlRow): Omit<VersionRow, "sealed"> {
  return {
    secretId: text(row, "secret_id"),
    versionId: text(row, "version_id") as VersionId,
    seq: number(row, "seq"),
    keyId: text(row, "key_id"),
    createdAt: number(row, "created_at"),
    createdBy: text(row, "created_by"),
    lastAccessed: maybeText(row, "last_accessed"),
  }
}

export function intentRow(row: SqlRow): IntentRow {
  return {
    id: text(row, "id"),
    index: number(row, "idx"),
    action: text(row, "action"),
    name: text(row, "name") as SecretName,
    versionId: maybeText(row, "version_id") as VersionId | null,
    principalId: text(row, "principal_id"),
    changes: text(row, "changes"),
    startedAt: number(row, "started_at"),
  }
}

export function labelRow(row: SqlRow): LabelRow {
  return { label: text(row, "label"), versionId: text(row, "version_id") as VersionId }
}

export function keyRow(row: SqlRow): KeyRow {
  return {
    id: text(row, "id"),
    purpose: text(row, "purpose") as KeyRow["purpose"],
    wrapped: bytes(row, "wrapped"),
    createdAt: number(row, "created_at"),
    state: text(row, "state") as KeyRow["state"],
  }
}

export function deliveryRow(row: SqlRow): DeliveryRow {
  return {
    id: text(row, "id"),
    recipient: text(row, "recipient"),
    kind: text(row, "kind"),
    alarm: flag(row, "alarm"),
    facts: row["facts"] as DeliveryRow["facts"],
    createdAt: number(row, "created_at"),
    dueAt: number(row, "due_at"),
    attempts: number(row, "attempts"),
  }
}

export function entryRow(row: SqlRow): EntryRow {
  return {
    index: number(row, "idx"),
    timestamp: number(row, "timestamp"),
    requestId: text(row, "request_id"),
    action: text(row, "action"),
    result: text(row, "result") as EntryRow["result"],
    resourceType: text(row, "resource_type"),
    resourceName: text(row, "resource_name"),
    userId: text(row, "user_id"),
    principalKind: text(row, "principal_kind"),
    roles: list(row, "roles"),
    policyIds: list(row, "policy_ids"),
    decision: text(row, "decision"),
    versionId: maybeText(row, "version_id"),
    grantId: maybeText(row, "grant_id"),
    details: maybeText(row, "details"),
    quotaUse: maybeNumber(row, "quota_use"),
    salt: maybeBytes(row, "salt"),
    username: maybeText(row, "username"),
    ipAddress: maybeText(row, "ip_address"),
    userAgent: maybeText(row, "user_agent"),
    reason: maybeText(row, "reason"),
    leafHash: bytes(row, "leaf_hash"),
    erasedBy: maybeNumber(row, "erased_by"),
    commitment: maybeBytes(row, "commitment"),
  }
}

export function watchedEntry(row: SqlRow): WatchedEntry {
  return {
    index: number(row, "idx"),
    timestamp: number(row, "timestamp"),
    action: text(row, "action"),
    result: text(row, "result") as EntryRow["result"],
    resourceType: text(row, "resource_type"),
    resourceName: text(row, "resource_name"),
    userId: text(row, "user_id"),
    principalKind: text(row, "principal_kind"),
    decision: text(row, "decision"),
    details: maybeText(row, "details"),
  }
}
