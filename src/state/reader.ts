import type { EntryClass } from "./entry-class.ts"
import type { ConfirmedEscrow } from "./escrow.ts"
import type { SecretName } from "../core/name.ts"
import type { VersionId } from "../core/version.ts"
import type {
  AccessRequestRow,
  CredentialRow,
  DecisionRow,
  DeliveryRow,
  EntryRow,
  ErasureRow,
  ExternalIdentityRow,
  FactorRow,
  GrantRow,
  HeadRow,
  HoldRow,
  IamBindingRow,
  IdentityProviderRow,
  IntentRow,
  KeyRow,
  LabelRow,
  PolicyRow,
  PrincipalRow,
  RoleRow,
  RotationRow,
  ScheduleRow,
  SecretRow,
  VersionRow,
  WatchedEntry,
  WorkloadIssuerRow,
} from "./rows.ts"

export interface ListPage {
  readonly prefix: string
  /** Case-insensitive substring of name or description, or null. */
  readonly search: string | null
  /** Names strictly after this one. */
  readonly after: string
  readonly limit: number
}

export type SecretOrder = "created" | "accessed" | "changed" | "name"

export interface SortedPage {
  readonly by: SecretOrder
  readonly descending: boolean
  /** Secrets strictly after the one with that key and name, in this order; null: from the first on. */
  readonly after: { readonly key: string | number; readonly name: string } | null
  /** Whether those that await deletion come too. */
  readonly pending: boolean
  readonly limit: number
}

export interface EntryQuery {
  readonly resourceName?: string
  readonly userId?: string
  readonly action?: string
  readonly result?: string
  readonly from?: number
  readonly to?: number
  /** Entries with a smaller index, newest first. */
  readonly before?: number
  readonly limit: number
}

export interface RequestQuery {
  /** Null: everybody's. */
  readonly requesterId: string | null
  /** Null: any state. */
  readonly state: AccessRequestRow["state"] | null
  /** Requests made before this one, by time and id; null: from the newest on. */
  readonly before: { readonly createdAt: number; readonly id: string } | null
  readonly limit: number
}

export interface DueQuery {
  /** `mail` is whoever is no program. */
  readonly channel: "webhook" | "slack" | "syslog" | "mail"
  readonly now: number
  readonly limit: number
}

/**
 * Reads of governed state, outside any writing transaction. What it answers may be stale a moment later: every answer
 * that matters is checked again by the ledger. Two implementations: SQLite and PostgreSQL. Each method throws
 * TylerError `unavailable` when the database cannot answer.
 */
export interface StateReader {
  head(): Promise<HeadRow>
  policies(): Promise<readonly PolicyRow[]>
  setupClosed(): Promise<boolean>

  principalById(id: string): Promise<PrincipalRow | undefined>
  principalByName(name: string): Promise<PrincipalRow | undefined>
  principals(kind: "person" | "program", after: string, limit: number): Promise<readonly PrincipalRow[]>
  /** Those that are not built in, in order of names. */
  roles(): Promise<readonly RoleRow[]>
  /** In order of issuers. */
  workloadIssuers(): Promise<readonly WorkloadIssuerRow[]>
  workloadIssuerById(id: string): Promise<WorkloadIssuerRow | undefined>
  /** By the claim `iss`. */
  workloadIssuer(issuer: string): Promise<WorkloadIssuerRow | undefined>
  /** In order of ARNs. */
  iamBindings(): Promise<readonly IamBindingRow[]>
  iamBinding(arn: string): Promise<IamBindingRow | undefined>
  /** In order of names. */
  programsOf(ownerId: string): Promise<readonly PrincipalRow[]>
  /** Undefined for somebody who was never erased. */
  erasure(personId: string): Promise<ErasureRow | undefined>
  /** Those not finished, oldest first. */
  openErasures(limit: number): Promise<readonly ErasureRow[]>
  hold(personId: string): Promise<HoldRow | undefined>
  credentialByHash(tokenHash: Uint8Array): Promise<CredentialRow | undefined>
  credentialsOf(principalId: string): Promise<readonly CredentialRow[]>

  /** Oldest first. */
  factorsOf(principalId: string): Promise<readonly FactorRow[]>
  usedOnce(id: Uint8Array): Promise<boolean>
  request(id: string): Promise<AccessRequestRow | undefined>
  /** Newest first. */
  requests(query: RequestQuery): Promise<readonly AccessRequestRow[]>
  /** Changes without another approver whose time has come, oldest first. */
  requestsDue(now: number, limit: number): Promise<readonly AccessRequestRow[]>
  /** Oldest first. */
  decisions(requestId: string): Promise<readonly DecisionRow[]>
  grant(id: string): Promise<GrantRow | undefined>
  /** Of one person for one secret and verb, newest first. */
  grantsFor(principalId: string, secretId: string, verb: string): Promise<readonly GrantRow[]>
  /** Of one person, newest first. */
  grantsOf(principalId: string, limit: number): Promise<readonly GrantRow[]>

  /** In order of their ids. */
  identityProviders(): Promise<readonly IdentityProviderRow[]>
  identityProvider(id: string): Promise<IdentityProviderRow | undefined>
  externalIdentity(issuer: string, subject: string): Promise<ExternalIdentityRow | undefined>
  /** Oldest first. */
  externalIdentitiesOf(principalId: string): Promise<readonly ExternalIdentityRow[]>

  /** The exact name; pending secrets included. */
  secretByName(name: SecretName): Promise<SecretRow | undefined>
  secretById(id: string): Promise<SecretRow | undefined>
  /** Whether there is a secret, pending ones included, whose folded name starts with this text (folded too). */
  secretBelow(foldedPrefix: string): Promise<boolean>
  /** In byte order of names. Pending secrets are left out. */
  secrets(page: ListPage): Promise<readonly SecretRow[]>
  /** Equal ones in byte order of names; never accessed sorts first. */
  sortedSecrets(page: SortedPage): Promise<readonly SecretRow[]>
  secretsDueForPurge(now: number, limit: number): Promise<readonly SecretRow[]>
  /** In byte order of names, strictly after that one, and those that await deletion too. */
  catalog(after: string, limit: number): Promise<readonly SecretRow[]>
  /** Begun before then, oldest first. */
  intents(startedBefore: number, limit: number): Promise<readonly IntentRow[]>
  /** Oldest first. */
  intentsOf(name: SecretName): Promise<readonly IntentRow[]>
  labels(secretId: string): Promise<readonly LabelRow[]>
  /** Of several secrets at once. */
  labelsOf(secretIds: readonly string[]): Promise<readonly (LabelRow & { readonly secretId: string })[]>
  version(secretId: string, versionId: VersionId): Promise<VersionRow | undefined>
  versionByLabel(secretId: string, label: string): Promise<VersionRow | undefined>
  /** Newest first, without their sealed bytes. */
  versions(secretId: string): Promise<readonly Omit<VersionRow, "sealed">[]>
  /** For re-wrapping: versions sealed under `keyId`. */
  versionsUnderKey(keyId: string, limit: number): Promise<readonly VersionRow[]>
  countVersionsUnderKey(keyId: string): Promise<number>
  keys(): Promise<readonly KeyRow[]>
  /** Of the root key that wraps them. */
  rootKeyCheck(): Promise<Uint8Array>
  /** The number of the first entry that retention of this class has yet to look at. */
  retainedUpTo(name: EntryClass): Promise<number>
  /** Undefined: nobody has ever confirmed one. */
  escrow(): Promise<ConfirmedEscrow | undefined>

  schedule(secretId: string): Promise<ScheduleRow | undefined>
  /** Of those of the secrets that have one, in any order. */
  schedulesOf(secretIds: readonly string[]): Promise<readonly ScheduleRow[]>
  /** With the secrets' names, in byte order of these, strictly after that one. */
  schedules(
    after: string,
    limit: number,
  ): Promise<readonly (ScheduleRow & { readonly name: SecretName; readonly running: boolean })[]>
  /** Due by then, of secrets that are there and are not being rotated, the longest due first. */
  schedulesDue(now: number, limit: number): Promise<readonly ScheduleRow[]>
  /** Those that wait for no hand: enabled, and due or failed since before then. */
  schedulesOverdue(before: number): Promise<number>
  rotation(id: string): Promise<RotationRow | undefined>
  /** Newest first. */
  rotationsOf(secretId: string, limit: number): Promise<readonly RotationRow[]>
  /** That wait for somebody to carry them on, the longest due first. */
  rotationsDue(now: number, limit: number): Promise<readonly RotationRow[]>
  rotationsPrunable(finishedBefore: number): Promise<boolean>

  /** Uses so far: for one secret, and for all secrets (secretId null). */
  quotaUsed(principalId: string, secretId: string | null, day: string): Promise<number>
  /** Whether a credential expired before then, or a use was counted on a UTC day before that one. */
  prunable(expiredBefore: number, beforeDay: string): Promise<boolean>

  /** What may be sent now: the first of each line that is due, and not leased. Alarms first, then by age. */
  deliveriesDue(query: DueQuery): Promise<readonly DeliveryRow[]>
  deliveriesWaiting(): Promise<number>
  /** Whether one was settled, or made and never sent, before then. */
  deliveriesPrunable(before: number): Promise<boolean>

  /** Newest first. */
  entries(query: EntryQuery): Promise<readonly EntryRow[]>
  /** Oldest first, `from <= index < to`, at most `limit`. */
  entryRange(from: number, to: number, limit: number): Promise<readonly EntryRow[]>
  /** As `entryRange`, and only what alarms look at: a fifth of the work. */
  watchedEntries(from: number, limit: number): Promise<readonly WatchedEntry[]>
  leafHashes(from: number, to: number): Promise<readonly Uint8Array[]>
  /** Stored interior node: root of the perfect subtree of 2^level leaves number `position`; levels 8, 16 and 24 only. */
  node(level: number, position: number): Promise<Uint8Array | undefined>
}
