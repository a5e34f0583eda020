import type { SecretName } from "../core/name.ts"
import type { TokenScope } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import type { VersionId } from "../core/version.ts"

/** The rows both SQL engines keep. Times are milliseconds since 1970 UTC; bytes are bytes; absent is null. */

export interface PrincipalRow {
  readonly id: string
  readonly kind: "person" | "program"
  /** Canonical: NFKC, lower case, trimmed. Unique over both kinds. */
  readonly name: string
  readonly roles: readonly string[]
  readonly disabled: boolean
  /** Grows with every logout, revocation, disable, role or password change. */
  readonly epoch: number
  /** PHC string; null for programs. */
  readonly passwordHash: string | null
  readonly mustChangePassword: boolean
  /** Grows when a factor is added or removed; the factors' codes hold for it. */
  readonly factorEpoch: number
  /** Signing in takes a second factor, whether or not the rows of the factors are still there. */
  readonly hasFactor: boolean
  /** Set when an admin reset the password or the factors, until the owner has enrolled anew. */
  readonly mustEnrol: boolean
  /** Named for break-glass: may open a grant alone, alarmed and reviewed. */
  readonly breakGlass: boolean
  /** Where notices go; the person's own to set. At most 254 characters. */
  readonly email: string | null
  /** Others who changed the roles, the password or the factors, and when; at most 32, the newest. */
  readonly changedBy: readonly { readonly by: string; readonly at: number }[]
  /** Who created it; for programs, who owns it. */
  readonly ownerId: string | null
  readonly createdAt: number
  /** Of programs: why they may ask at all, for reads that state no reason of their own; null for people. */
  readonly standingReason: string | null
  /** HMAC over every field above; a row that fails it grants nothing. */
  readonly mac: Uint8Array
}

/** A person's session or a program's token: opaque 256-bit secrets of which only SHA-256 is kept. Or an access key. */
export interface CredentialRow {
  readonly id: string
  /** SHA-256 of the token; of an access key, of its id, which is no secret. */
  readonly tokenHash: Uint8Array
  readonly principalId: string
  /** `workload`: a program's session, for which it showed a token of an issuer. `access_key`: signs requests (SigV4). */
  readonly kind: "session" | "token" | "workload" | "access_key"
  readonly assurance: "half" | "half_mfa" | "password" | "mfa" | "token"
  readonly createdAt: number
  readonly expiresAt: number
  /** What the person sees in a list of sessions, or the token's stated purpose. At most 200 characters. */
  readonly label: string
  /** null: whatever its owner may do. */
  readonly scope: TokenScope | null
  /** Of an access key: its secret half, sealed, for it must be had to verify a signature. null otherwise. */
  readonly sealedKey: Uint8Array | null
  /** Of an access key: why its holder asks where the protocol has no place to say so. null otherwise. */
  readonly standingReason: string | null
  readonly mac: Uint8Array
}

/** A second factor of a person. */
export interface FactorRow {
  readonly id: string
  readonly principalId: string
  readonly kind: "totp" | "passkey" | "recovery"
  /** The person's own name for it, 1 to 64 characters. */
  readonly label: string
  /** totp: the seed, sealed; passkey: public key, DER SPKI; recovery: ten SHA-256 hashes. */
  readonly material: Uint8Array
  /** Of a passkey, unique over all people; null otherwise. */
  readonly credentialId: Uint8Array | null
  /** Of a passkey: COSE algorithm, rpId and origin it was made for, transports. JSON. */
  readonly facts: string
  readonly createdAt: number
  /** Only grows. totp: the last accepted step; passkey: its counter; recovery: bits of the codes that are used. */
  readonly lastUse: number
  readonly mac: Uint8Array
}

/** What somebody asked others to allow. Immutable but for its state. */
export interface AccessRequestRow {
  readonly id: string
  readonly kind: "access" | "change" | "break_glass"
  readonly requesterId: string
  /** Of the grants; null for a change. `read` covers reveal. */
  readonly verb: Verb | null
  /** 1 to 50; none for a change. */
  readonly targets: readonly { readonly secretId: string; readonly name: SecretName }[]
  /** A change as `operations/changes` spells it, JSON; null otherwise. */
  readonly change: string | null
  /** Null once it was erased. */
  readonly reason: string | null
  /** What the digest says beside request and requester: spec/audit-log.md, ACCESS_REQUEST. */
  readonly facts: string
  /** SHA-256, signed by approvers. */
  readonly digest: Uint8Array
  readonly minutes: number
  /** How often each grant opens its secret; null: any number of times. */
  readonly uses: number | null
  /** Asked for with a second factor, which then holds for the grants' lifetime. */
  readonly steppedUp: boolean
  /** Approvals it takes. */
  readonly needed: number
  readonly createdAt: number
  /** When a request that nobody decided lapses. */
  readonly expiresAt: number
  /** When a change takes effect that nobody else can approve; null otherwise. */
  readonly effectiveAt: number | null
  readonly state: "pending" | "approved" | "denied" | "cancelled" | "void" | "reviewed"
  readonly decidedAt: number | null
  readonly revision: number
  readonly mac: Uint8Array
}

/** What one person said of a request. */
export interface DecisionRow {
  readonly requestId: string
  readonly approverId: string
  readonly verdict: "approve" | "deny" | "review"
  readonly decidedAt: number
  readonly mac: Uint8Array
}

/** A lease: one person may use one verb on one secret for a while. */
export interface GrantRow {
  readonly id: string
  readonly requestId: string
  readonly principalId: string
  readonly secretId: string
  readonly verb: Verb
  readonly approvals: number
  readonly steppedUp: boolean
  /** Null: any number of times. */
  readonly usesLeft: number | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly revision: number
  readonly mac: Uint8Array
}

/** A role that is not built in. */
export interface RoleRow {
  readonly name: string
  readonly description: string
  /** An admin's id. */
  readonly createdBy: string
  readonly createdAt: number
  readonly mac: Uint8Array
}

/** Which tokens of an issuer stand for which program. */
export interface WorkloadBinding {
  /** Pattern of the claim `sub`, docs/workloads.md. */
  readonly subject: string
  /** Further claims, each of which must be exactly that text. */
  readonly claims: Readonly<Record<string, string>>
  readonly accountId: string
}

/** Somebody else's issuer of tokens that programs log in with: GitHub Actions, GitLab, a Kubernetes cluster. */
export interface WorkloadIssuerRow {
  readonly id: string
  /** Exactly the claim `iss`. Unique. */
  readonly issuer: string
  readonly audience: string
  /** Where the keys are; null: by discovery, unless `jwks` holds them. */
  readonly jwksUri: string | null
  /** The keys themselves, JSON (RFC 7517); null: they are fetched. */
  readonly jwks: string | null
  /** Whether the keys may be fetched from a private address. */
  readonly allowPrivate: boolean
  /** In order: the first that matches counts. */
  readonly bindings: readonly WorkloadBinding[]
  readonly createdAt: number
  readonly updatedAt: number
  /** Grows with every change. */
  readonly revision: number
  readonly mac: Uint8Array
}

/** How and when a secret is rotated. */
export interface ScheduleRow {
  readonly secretId: string
  /** A name of STRATEGIES (core/rotation-strategy.ts); null: a function of AWS does it. */
  readonly strategy: string | null
  readonly lambdaArn: string | null
  /** Days from one rotation to the next; null with an expression, or where it is rotated only when somebody asks. */
  readonly days: number | null
  /** `rate(...)` or `cron(...)`, rotation/timetable.ts. */
  readonly expression: string | null
  /** How long after its hour a rotation may still begin; null: at any time after. */
  readonly windowHours: number | null
  /** False: it waits. It may still be asked for. */
  readonly enabled: boolean
  /** The secret that is the administrator's; its credentials are used for no other. */
  readonly adminId: string | null
  /** SHA-256 of where the administrator's credentials may be used, rotation/place.ts; null without one. */
  readonly place: Uint8Array | null
  readonly createdAt: number
  readonly createdBy: string
  readonly lastRotated: number | null
  readonly nextRotation: number | null
  /** Since when one was due and has not succeeded. */
  readonly overdueSince: number | null
  /** Grows with every change. */
  readonly revision: number
  /** HMAC over whose credentials are used where. */
  readonly mac: Uint8Array
}

export const ROTATION_STEPS = ["create", "set", "test", "finish", "revoke"] as const
export type RotationStep = (typeof ROTATION_STEPS)[number]

/** One rotation of one secret, from its start to its end. At most one of a secret is running. */
export interface RotationRow {
  readonly id: string
  readonly secretId: string
  /** The version that becomes current: AWS's ClientRequestToken. */
  readonly versionId: VersionId
  /** The current version that it replaces, once the new one is made from it. */
  readonly fromVersion: VersionId | null
  readonly strategy: string | null
  readonly lambdaArn: string | null
  readonly cause: "asked" | "schedule"
  /** A principal's id. */
  readonly startedBy: string
  /** After the promotion, the previous version is to end too. */
  readonly revoke: boolean
  readonly state: "running" | "done" | "failed" | "cancelled"
  /** Of a running one, what comes next; of another, what came last. */
  readonly step: RotationStep
  /** Of this step. */
  readonly attempts: number
  readonly startedAt: number
  /** When it goes on. */
  readonly dueAt: number
  readonly lease: string | null
  readonly leasedUntil: number | null
  /** Grows with each lease. */
  readonly fence: number
  readonly finishedAt: number | null
  /** Why the last attempt failed: a code of rotation/fault.ts or of core/errors.ts, and our words on it. */
  readonly fault: { readonly code: string; readonly text: string } | null
  /** Grows with every change. */
  readonly revision: number
}

/** Whose AWS credentials open sessions of which service account. */
export interface IamBindingRow {
  readonly id: string
  /** `arn:aws:iam::ACCOUNT:role/NAME` or `.../user/NAME`, without a path. Unique. */
  readonly arn: string
  readonly accountId: string
  readonly createdAt: number
  readonly mac: Uint8Array
}

/** Keeps a person from being erased. It grants nothing, so it carries no code. */
export interface HoldRow {
  readonly personId: string
  readonly heldBy: string
  readonly heldAt: number
}

/** An erasure that was ordered; it stays, for the person's id is never anybody's again. */
export interface ErasureRow {
  readonly personId: string
  /** The request that others agreed to. */
  readonly requestId: string
  /** Number of the ERASE entry; null until it is written. */
  readonly orderIndex: number | null
  /** Entries of the person with a smaller number are done. */
  readonly nextIndex: number
  readonly orderedAt: number
  readonly finished: boolean
}

export interface PolicyRow {
  readonly id: string
  readonly secretPattern: string
  /** null: the row only adds requirements; []: nobody. */
  readonly allowedRoles: readonly string[] | null
  readonly requiresMfa: boolean
  readonly requiresApproval: boolean
  /** null: no limit; 0: nobody. */
  readonly maxAccessPerDay: number | null
  readonly approverRoles: readonly string[] | null
  readonly minApprovals: number
  readonly grantMinutes: number
  readonly allowedWorkloads: readonly string[] | null
  readonly workloadMaxAccessPerDay: number | null
  /** Per verb; a verb not named here takes the design's default. */
  readonly verbRoles: Readonly<Record<string, readonly string[]>>
  readonly replacesRoles: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

/** The single row every writing transaction locks first. */
export interface HeadRow {
  /** Number of audit entries. */
  readonly size: number
  readonly root: Uint8Array
  /** Right edge of the Merkle tree: perfect subtree roots, largest first, 32 bytes each. */
  readonly edge: Uint8Array
  /** Wall time of the newest entry. */
  readonly lastTime: number
  readonly policyEpoch: number
  /** HMAC over every policy row and the epoch. */
  readonly policyMac: Uint8Array
}

export interface Tag {
  readonly Key: string
  readonly Value: string
}

export interface SecretRow {
  readonly id: string
  readonly name: SecretName
  readonly arn: string
  readonly description: string
  /** Null: never given any, which AWS tells from having lost the last. */
  readonly tags: readonly Tag[] | null
  readonly createdAt: number
  readonly createdBy: string
  readonly changedAt: number
  /** UTC day of the last value read, `2026-11-24`, or null. */
  readonly lastAccessed: string | null
  /** Grows with every change that a decided read must notice: new version, label move, delete, restore. */
  readonly revision: number
  /** Since when the value should be rotated, for somebody saw it in an emergency; null: it need not. */
  readonly rotationDueSince: number | null
  /** When purge is due; null for a live secret. */
  readonly deletionAt: number | null
  /** False: it is in the store outside, and nobody has put it under our rule yet. */
  readonly adopted: boolean
}

/** `keyId` of a version that a store outside keeps as it is; there is nothing of it here to open. */
export const UNSEALED = ""

export interface VersionRow {
  readonly secretId: string
  readonly versionId: VersionId
  /** 1, 2, 3...; never reused. */
  readonly seq: number
  readonly keyId: string
  /** Envelope record, spec/envelope.md. Of a value in a store outside its head, or nothing: docs/aws.md. */
  readonly sealed: Uint8Array
  readonly createdAt: number
  readonly createdBy: string
  /** UTC day of the last read, or null. */
  readonly lastAccessed: string | null
}

export interface LabelRow {
  readonly label: string
  readonly versionId: VersionId
}

/** What was begun in the store outside and whose outcome is not recorded yet. It grants nothing. */
export interface IntentRow {
  readonly id: string
  /** Number of its INTENT entry. */
  readonly index: number
  readonly action: string
  readonly name: SecretName
  readonly versionId: VersionId | null
  readonly principalId: string
  /** The changes that its outcome makes here, JSON; bytes as base64. */
  readonly changes: string
  readonly startedAt: number
}

/** A keyring key: random bytes, wrapped by the root key or KMS. */
export interface KeyRow {
  readonly id: string
  readonly purpose: "kek" | "rows" | "log"
  readonly wrapped: Uint8Array
  readonly createdAt: number
  readonly state: "active" | "retiring"
}

/** What is to be told, as the act that it tells of makes it. It grants nothing. */
export interface NotificationRow {
  readonly id: string
  /** A row of notice/kind.ts. */
  readonly kind: string
  /** Alarms are sent first and dropped last. */
  readonly alarm: boolean
  /** Principal ids, `webhook`, or `mailto:` and an address that nobody has any more. */
  readonly recipients: readonly string[]
  /** Ids, names, numbers and codes; never a value, never the text of a reason. */
  readonly facts: Readonly<Record<string, string | number>>
  readonly createdAt: number
}

/** One recipient's part of a notification, while it waits. */
export interface DeliveryRow extends Omit<NotificationRow, "recipients"> {
  readonly recipient: string
  readonly dueAt: number
  /** Those that failed. */
  readonly attempts: number
}

/** Whoever has a claim of that name with exactly that text, alone or in a list, has the role. */
export interface RoleRule {
  readonly claim: string
  readonly value: string
  readonly role: string
}

/** Opens only in the place that its version and the provider's issuer and client id name. */
export interface SealedClientSecret {
  readonly version: string
  readonly keyId: string
  /** Envelope record, spec/envelope.md. */
  readonly sealed: Uint8Array
}

/** An OpenID Connect provider that people may sign in with. */
export interface IdentityProviderRow {
  /** Chosen by who makes it, because it stands in the redirect URI. */
  readonly id: string
  /** Exactly as ID tokens spell it; one row for an issuer. */
  readonly issuer: string
  readonly clientId: string
  /** Null: a public client, which PKCE alone protects. */
  readonly clientSecret: SealedClientSecret | null
  readonly scopes: readonly string[]
  /** What the sign-in button says. */
  readonly label: string
  readonly enabled: boolean
  readonly roleRules: readonly RoleRule[]
  /** Values of the claims `acr` and `amr` that prove a second factor; both empty: none does. */
  readonly mfaAcr: readonly string[]
  readonly mfaAmr: readonly string[]
  /** Grows with every change. */
  readonly revision: number
  readonly createdAt: number
  readonly updatedAt: number
  /** HMAC over every field above but the sealed bytes and their key; a row that fails it lets nobody in. */
  readonly mac: Uint8Array
}

/** Who a person is at a provider. Nothing but this pair of issuer and subject ever finds a person. */
export interface ExternalIdentityRow {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly principalId: string
  readonly createdAt: number
  /** HMAC over every field above. */
  readonly mac: Uint8Array
}

/** One stored audit entry; what the leaf commits to is in spec/audit-log.md. Personal fields may be null after erasure. */
export interface EntryRow {
  readonly index: number
  readonly timestamp: number
  readonly requestId: string
  readonly action: string
  readonly result: "SUCCESS" | "FAILURE" | "DENIED" | "INTENT" | "UNKNOWN"
  readonly resourceType: string
  readonly resourceName: string
  /** Random person id, program id, job name or `anonymous`. */
  readonly userId: string
  readonly principalKind: string
  readonly roles: readonly string[]
  readonly policyIds: readonly string[]
  /** Decision effect or refusal code. */
  readonly decision: string
  readonly versionId: string | null
  readonly grantId: string | null
  /** A closed set of ids, numbers and codes; never free text. */
  readonly details: string | null
  /** Which use of the day this was for (person, secret); decided in the transaction. */
  readonly quotaUse: number | null
  /** 32 random bytes that blind the commitment to the four fields below. */
  readonly salt: Uint8Array | null
  readonly username: string | null
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly reason: string | null
  readonly leafHash: Uint8Array
  /** Index of the ERASE or RETAIN entry that ordered nulls here; null for an entry that stands whole. */
  readonly erasedBy: number | null
  /** Kept by an erasure in place of salt and personal fields, so the rest still verifies; null otherwise. */
  readonly commitment: Uint8Array | null
}

/** The part of an entry that alarms look at: nothing that an erasure or a retention takes away. */
export type WatchedEntry = Pick<
  EntryRow,
  | "index"
  | "timestamp"
  | "action"
  | "result"
  | "resourceType"
  | "resourceName"
  | "userId"
  | "principalKind"
  | "decision"
  | "details"
>
