import type { EntryClass } from "./entry-class.ts"
import type { VersionId } from "../core/version.ts"
import type {
  AccessRequestRow,
  CredentialRow,
  DecisionRow,
  ExternalIdentityRow,
  FactorRow,
  GrantRow,
  HoldRow,
  IamBindingRow,
  IdentityProviderRow,
  IntentRow,
  KeyRow,
  LabelRow,
  NotificationRow,
  PolicyRow,
  PrincipalRow,
  RoleRow,
  RotationRow,
  RotationStep,
  ScheduleRow,
  SecretRow,
  Tag,
  VersionRow,
  WorkloadIssuerRow,
} from "./rows.ts"

/**
 * Every write to governed state, as plain data: what an act carries into the record transaction. Each engine implements
 * each kind once, in a function of the same name. A kind that finds its precondition gone answers a `Conflict` and the
 * whole act is undone; the other acts of the batch stand.
 */
export type Change =
  | { readonly kind: "addPrincipal"; readonly row: PrincipalRow }
  /** Only over `expectedEpoch`; the row carries the new epoch. */
  | { readonly kind: "putPrincipal"; readonly row: PrincipalRow; readonly expectedEpoch: number }
  /** Only while its owner is at `ownerEpoch`, for which it is signed, and has room for it. */
  | {
      readonly kind: "addCredential"
      readonly row: CredentialRow
      readonly ownerEpoch: number
      readonly room?: CredentialRoom
    }
  /** Changes nothing; conflicts unless the person is there, enabled, and owns fewer programs than that. */
  | { readonly kind: "requireOwner"; readonly ownerId: string; readonly fewerThan: number }
  /** A new issuer at revision 1; a changed one over the revision before its own. */
  | { readonly kind: "putWorkloadIssuer"; readonly row: WorkloadIssuerRow }
  | { readonly kind: "removeWorkloadIssuer"; readonly id: string; readonly revision: number }
  /** Changes nothing; conflicts unless the issuer is at that revision. */
  | { readonly kind: "requireWorkloadIssuer"; readonly id: string; readonly revision: number }
  /** Conflicts if the ARN is bound, or if there are `most` of them. */
  | { readonly kind: "addIamBinding"; readonly row: IamBindingRow; readonly most: number }
  | { readonly kind: "removeIamBinding"; readonly id: string }
  /** Changes nothing; conflicts unless it is there. */
  | { readonly kind: "requireIamBinding"; readonly id: string }
  /** Conflicts if the role is there, or if there are `most` of them. */
  | { readonly kind: "addRole"; readonly row: RoleRow; readonly most: number }
  /** Conflicts while a principal, a policy row or an identity provider names it. */
  | { readonly kind: "removeRole"; readonly name: string }
  /** Changes nothing; conflicts unless all of these are there. No name twice. */
  | { readonly kind: "requireRoles"; readonly names: readonly string[] }
  /** All programs of an owner, each at its next epoch, and without their credentials. Conflicts if there are others. */
  | { readonly kind: "endOwned"; readonly ownerId: string; readonly programs: readonly PrincipalRow[] }
  | { readonly kind: "removeCredential"; readonly id: string; readonly principalId: string }
  /** The owner's next epoch: all his credentials, each with its new authentication code. Conflicts if there are others. */
  | {
      readonly kind: "signCredentials"
      readonly principalId: string
      readonly signed: readonly { readonly id: string; readonly mac: Uint8Array }[]
    }
  | { readonly kind: "removeCredentialsOf"; readonly principalId: string; readonly exceptId: string | null }
  /** Of credentials that expired before then at most `limit`; none is no conflict. */
  | { readonly kind: "pruneCredentials"; readonly expiredBefore: number; readonly limit: number }
  /** Of the uses counted on UTC days before that one at most `limit` rows of a kind; none is no conflict. */
  | { readonly kind: "pruneQuotaUse"; readonly beforeDay: string; readonly limit: number }
  /** Conflicts if a passkey of that credential id is there, whoever's it is. */
  | { readonly kind: "addFactor"; readonly row: FactorRow }
  /** Label, last use and code; only over `expectedLastUse`, so that of two uses of one code one conflicts. */
  | { readonly kind: "putFactor"; readonly row: FactorRow; readonly expectedLastUse: number }
  | { readonly kind: "removeFactor"; readonly id: string; readonly principalId: string }
  | { readonly kind: "removeFactorsOf"; readonly principalId: string }
  /** Conflicts if it was used before. `expiresAt`: when nothing would accept it any more anyway. */
  | { readonly kind: "useOnce"; readonly id: Uint8Array; readonly expiresAt: number }
  /** With `mostOpen`, only while the requester has fewer that wait and do not lapse before `now`. */
  | {
      readonly kind: "addRequest"
      readonly row: AccessRequestRow
      readonly mostOpen: { readonly count: number; readonly now: number } | null
    }
  /** State, `decidedAt`, revision and code; only over `expectedRevision`. */
  | { readonly kind: "putRequest"; readonly row: AccessRequestRow; readonly expectedRevision: number }
  /** Conflicts if that person has decided before. */
  | { readonly kind: "addDecision"; readonly row: DecisionRow }
  /** Only while its holder is enabled and at `holderEpoch`: what took his grants away takes this one too. */
  | { readonly kind: "addGrant"; readonly row: GrantRow; readonly holderEpoch: number }
  /** Uses left, revision and code; only over `expectedRevision`. */
  | { readonly kind: "putGrant"; readonly row: GrantRow; readonly expectedRevision: number }
  /** Conflicts if it is gone. */
  | { readonly kind: "removeGrant"; readonly id: string }
  | { readonly kind: "removeGrantsOf"; readonly principalId: string }
  /** Of one-time ids and grants that expired before then at most `limit` rows of a kind; none is no conflict. */
  | { readonly kind: "pruneLeases"; readonly expiredBefore: number; readonly limit: number }
  /**
   * Others have agreed: the person is nobody's to change any more, and `erasePerson` is due. Only over `expectedEpoch` of
   * somebody disabled; conflicts while the person is held, or if it was ordered before.
   */
  | {
      readonly kind: "orderErasure"
      readonly personId: string
      readonly requestId: string
      readonly expectedEpoch: number
      readonly orderedAt: number
    }
  /**
   * The person becomes `row`, whose name is new too; sessions, counts and the first `limit` entries lose what is theirs.
   * The act's own entry is the order. Only over `expectedEpoch`, and once, of somebody whose erasure was ordered.
   */
  | {
      readonly kind: "erasePerson"
      readonly row: PrincipalRow
      readonly expectedEpoch: number
      readonly orderedAt: number
      readonly limit: number
    }
  /** At most `limit` more entries of an erasure under way; conflicts if it has none left before its order. */
  | { readonly kind: "eraseEntries"; readonly personId: string; readonly limit: number }
  /** For entries written after the order: from here on the act's own entry is the order. Conflicts before the old one is carried out. */
  | { readonly kind: "renewErasure"; readonly personId: string }
  /** Conflicts while an entry of the person still stands whole. */
  | { readonly kind: "finishErasure"; readonly personId: string }
  /** Conflicts if the person is held already, or erased. */
  | { readonly kind: "holdPerson"; readonly row: HoldRow }
  | { readonly kind: "releasePerson"; readonly personId: string }
  /** First start only: conflicts once a first admin exists. */
  | { readonly kind: "closeSetup" }
  /** The policy set moves from one epoch to the next in one step. */
  | {
      readonly kind: "putPolicies"
      readonly put: readonly PolicyRow[]
      readonly removed: readonly string[]
      readonly epoch: number
      readonly mac: Uint8Array
    }
  /**
   * Without a version the secret is empty. Conflicts unless the version's key seals now: a replica that has not heard of a
   * rotation must not use the old one.
   */
  | {
      readonly kind: "addSecret"
      readonly secret: SecretRow
      readonly version: VersionRow | null
      /** The key of the store outside; the database does not keep it. */
      readonly kmsKeyId?: string | null
    }
  /** Appends a version and replaces all labels of the secret; `changedAt` and revision move on. Conflicts as `addSecret`. */
  | {
      readonly kind: "addVersion"
      readonly secretId: string
      readonly version: VersionRow
      readonly labels: readonly LabelRow[]
      readonly changedAt: number
    }
  | {
      readonly kind: "putLabels"
      readonly secretId: string
      readonly labels: readonly LabelRow[]
      readonly changedAt: number
    }
  /** Null keeps what stands there: who changes the one must not put an older other back. */
  | {
      readonly kind: "describeSecret"
      readonly secretId: string
      readonly description: string | null
      readonly tags: readonly Tag[] | null
      readonly changedAt: number
    }
  /** Single tags, over those that stand there when it is applied. Conflicts if they were too many. */
  | {
      readonly kind: "tagSecret"
      readonly secretId: string
      readonly set: readonly Tag[]
      readonly removed: readonly string[]
      readonly changedAt: number
    }
  | {
      readonly kind: "scheduleDeletion"
      readonly secretId: string
      readonly deletionAt: number
      readonly changedAt: number
    }
  | { readonly kind: "cancelDeletion"; readonly secretId: string; readonly changedAt: number }
  /** Removes the secret, its versions and labels; `dueBefore` guards a purge by schedule, null forces it. */
  | { readonly kind: "purgeSecret"; readonly secretId: string; readonly dueBefore: number | null }
  /** Until the next version; a mark that stands stays. */
  | { readonly kind: "markRotation"; readonly secretId: string; readonly at: number }
  /** New over null, otherwise only over `expectedRevision`. When it was last rotated stays as it is. */
  | {
      readonly kind: "putSchedule"
      readonly row: ScheduleRow
      readonly expectedRevision: number | null
      /** The store outside keeps it too, and is told under this token. */
      readonly outside?: VersionId
    }
  /** Conflicts while one is running, if the secret awaits deletion, and unless its schedule is at `scheduleRevision`. */
  | { readonly kind: "addRotation"; readonly row: RotationRow; readonly scheduleRevision: number }
  /** The right to carry it on until then, for who knows `lease`. Conflicts if it has ended or is leased by another. */
  | {
      readonly kind: "leaseRotation"
      readonly id: string
      readonly lease: string
      readonly now: number
      readonly until: number
    }
  /** Conflicts unless it is leased by `lease`: who lost it changes nothing. A new step begins at no attempts. */
  | {
      readonly kind: "keepRotation"
      readonly id: string
      readonly lease: string
      readonly until: number
      readonly step: RotationStep
      /** Undefined stays. */
      readonly versionId?: VersionId
      readonly fromVersion?: VersionId
    }
  /** The promotion: its schedule counts from now on, and what asked for it is answered. */
  | {
      readonly kind: "markRotated"
      readonly secretId: string
      readonly at: number
      readonly nextRotation: number | null
    }
  /** Conflicts as `keepRotation`. */
  | {
      readonly kind: "settleRotation"
      readonly id: string
      readonly lease: string
      readonly at: number
      readonly outcome: RotationOutcome
    }
  /** Conflicts if it has ended, or may have reached the target. */
  | { readonly kind: "cancelRotation"; readonly id: string; readonly at: number; readonly nextRotation: number | null }
  /** Of those that ended before then at most `limit`; none is no conflict. */
  | { readonly kind: "pruneRotations"; readonly finishedBefore: number; readonly limit: number }
  | { readonly kind: "touchSecret"; readonly secretId: string; readonly versionId: VersionId; readonly day: string }
  /** Versions without a label, beyond the newest 100 and older than `olderThan`. */
  | { readonly kind: "pruneVersions"; readonly secretId: string; readonly olderThan: number }
  /** Something is begun outside; the act's own entry is the INTENT. */
  | {
      readonly kind: "addIntent"
      readonly row: Omit<IntentRow, "index">
      /** Conflicts if a secret has the intent's name in any case, or an intent has it in another case. */
      readonly newName: boolean
    }
  /** Conflicts if its outcome is recorded already. */
  | { readonly kind: "settleIntent"; readonly id: string }
  /**
   * The secret as the store outside has it: new over null, otherwise only over `expectedRevision`, which moves on. Versions
   * that are there already stay as they are; labels are replaced. Conflicts if another secret has the name in any case.
   */
  | {
      readonly kind: "putCatalog"
      readonly secret: SecretRow
      readonly versions: readonly VersionRow[]
      readonly labels: readonly LabelRow[]
      readonly expectedRevision: number | null
    }
  /** Conflicts unless it is there and not adopted yet. */
  | { readonly kind: "adoptSecret"; readonly secretId: string }
  | { readonly kind: "addKey"; readonly row: KeyRow }
  /**
   * New keys and new states of old ones; only while the root key that wraps them is the one of `rootKeyCheck`. Conflicts
   * if a purpose were left with two active keys.
   */
  | { readonly kind: "putKeys"; readonly rows: readonly KeyRow[]; readonly rootKeyCheck: Uint8Array }
  /** All keys wrapped by another root key, and its check value; conflicts if another was put meanwhile, or a key came or went. */
  | {
      readonly kind: "putRootKey"
      readonly rows: readonly KeyRow[]
      readonly from: Uint8Array
      readonly to: Uint8Array
    }
  /** Somebody has the root key of that check value in escrow; conflicts unless it is the one in use. */
  | { readonly kind: "confirmEscrow"; readonly rootKeyCheck: Uint8Array; readonly at: number }
  /**
   * Retention: of these entries only number and leaf hash stay; those of people who are held stay whole. `upTo`: the class
   * was looked through so far. Conflicts if nothing is left to empty.
   */
  | {
      readonly kind: "emptyEntries"
      readonly name: EntryClass
      readonly indexes: readonly number[]
      readonly upTo: number
    }
  /** Conflicts while a version or a client secret is still sealed under the key. */
  | { readonly kind: "retireKey"; readonly id: string }
  /** The same value under another key-encryption key, which must seal now; skips versions that changed or went meanwhile. */
  | {
      readonly kind: "rewrapVersions"
      readonly versions: readonly {
        readonly secretId: string
        readonly versionId: VersionId
        readonly fromKeyId: string
        readonly keyId: string
        readonly sealed: Uint8Array
      }[]
    }
  /** One delivery for each recipient, due at once. */
  | { readonly kind: "addNotification"; readonly row: NotificationRow }
  /** The right to send one delivery until then, for who knows `lease`. Conflicts if it is settled or leased by another. */
  | {
      readonly kind: "leaseDelivery"
      readonly id: string
      readonly recipient: string
      readonly lease: string
      readonly now: number
      readonly until: number
    }
  /** Conflicts unless the delivery is still leased by `lease`: who lost it changes nothing. */
  | {
      readonly kind: "settleDelivery"
      readonly id: string
      readonly recipient: string
      readonly lease: string
      readonly at: number
      readonly outcome: DeliveryOutcome
    }
  /** Of those that wait all but `keep`, the oldest first, alarms last. Conflicts if no more than that wait. */
  | { readonly kind: "dropDeliveries"; readonly keep: number }
  /** Of those that were settled, or made and never sent, before then at most `limit`; none is no conflict. */
  | { readonly kind: "pruneDeliveries"; readonly before: number; readonly limit: number }
  /** A client secret's key must seal now. At most `limit` providers. */
  | { readonly kind: "addIdentityProvider"; readonly row: IdentityProviderRow; readonly limit: number }
  /** Only over `expectedRevision`. A client secret of the same version stays as it is sealed; a new one as in adding. */
  | { readonly kind: "putIdentityProvider"; readonly row: IdentityProviderRow; readonly expectedRevision: number }
  /** Changes nothing: a sign-on was decided on that revision. */
  | { readonly kind: "checkIdentityProvider"; readonly id: string; readonly revision: number }
  | { readonly kind: "removeIdentityProvider"; readonly id: string; readonly expectedRevision: number }
  /** The same client secrets under another key, which must seal now; skips those that changed or went meanwhile. */
  | {
      readonly kind: "rewrapClientSecrets"
      readonly secrets: readonly {
        readonly providerId: string
        readonly version: string
        readonly fromKeyId: string
        readonly keyId: string
        readonly sealed: Uint8Array
      }[]
    }
  /** At most `limit` of one person. */
  | { readonly kind: "addExternalIdentity"; readonly row: ExternalIdentityRow; readonly limit: number }
  | { readonly kind: "removeExternalIdentity"; readonly id: string; readonly principalId: string }

/**
 * How an attempt ended. Deliveries of one kind to one recipient form a line and are sent one by one, oldest first. When
 * one is done with, those behind it are due at once. When it waits, they wait with it; one that stands `aside`, because
 * it was itself the trouble, lets them pass.
 */
export type DeliveryOutcome =
  | { readonly done: "delivered" | "given_up" }
  | { readonly retryAt: number; readonly attempts: number; readonly aside: boolean }

/** How an attempt at a rotation ended. */
export type RotationOutcome =
  | { readonly retryAt: number; readonly attempts: number; readonly fault: RotationRow["fault"] }
  | { readonly state: "done" }
  | {
      readonly state: "failed"
      readonly nextRotation: number | null
      readonly fault: NonNullable<RotationRow["fault"]>
    }

/** Conflicts if the owner has `most` or more credentials of the row's kind that expire after `now`. */
export interface CredentialRoom {
  readonly most: number
  readonly now: number
}

export type ChangeOf<K extends Change["kind"]> = Extract<Change, { kind: K }>

/** Why a change could not be made. */
export type Conflict =
  | "name_taken"
  | "user_taken"
  | "credentials_full"
  | "owner_full"
  | "issuer_taken"
  | "iam_bound"
  | "iam_full"
  | "role_taken"
  | "roles_full"
  | "role_in_use"
  | "setup_closed"
  | "version_taken"
  | "pattern_taken"
  | "provider_taken"
  | "identity_taken"
  | "too_many"
  | "tags_full"
  | "gone"
  | "held"
  | "pending_deletion"
  | "not_deleted"
  | "not_due"
  | "rotation_running"
  | "rotation_begun"
  | "key_in_use"
  | "key_moved"
  | "root_key_moved"
  | "factor_taken"
  | "used"
  | "moved"
