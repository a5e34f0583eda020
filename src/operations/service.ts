import type { LedgerWriter } from "../audit/ledger.ts"
import type { Clock } from "../core/clock.ts"
import type { SecretName } from "../core/name.ts"
import type { Origin, Principal } from "../core/principal.ts"
import type { Random } from "../core/random.ts"
import type { ChannelName } from "../notice/channel.ts"
import type { Keyring } from "../envelope/keyring.ts"
import type { Passwords } from "../identity/password.ts"
import type { EntryClass } from "../state/entry-class.ts"
import type { StateReader } from "../state/reader.ts"
import type { Spans } from "../telemetry/spans.ts"
import type { KeySource } from "./key-source.ts"
import type { LeaseCache } from "./lease-cache.ts"
import type { PolicySource } from "./policies.ts"
import type { RefusalMeter } from "./refusals.ts"
import type { SecretCache } from "./secret-cache.ts"
import type { Turns } from "./turns.ts"
import type { ValueStore } from "./value-store.ts"

/** Everything the verbs need, made once by `main/compose.ts`. */
export interface Service {
  readonly reader: StateReader
  readonly ledger: LedgerWriter
  readonly keyring: () => Keyring
  readonly keys: KeySource
  readonly policies: PolicySource
  readonly secrets: SecretCache
  readonly store: ValueStore
  readonly leases: LeaseCache
  readonly refusals: RefusalMeter
  readonly turns: Turns
  readonly clock: Clock
  /** The hour by which credentials expire: it does not step back. */
  readonly expiryNow: () => number
  readonly random: Random
  readonly passwords: Passwords
  readonly settings: Settings
  readonly spans: Spans
}

export interface Settings {
  /** What stands before every name in AWS, without its slash. */
  readonly prefix: string
  /** Longest name, `512 - len(prefix) - 1`. */
  readonly nameLimit: number
  /** Uses of values per person and UTC day over all secrets; null: no limit. */
  readonly maxAccessPerPerson: number | null
  /** Development only: MFA rows are ignored, as said at start. */
  readonly mfaIgnored: boolean
  /** Production: a purge needs a second factor and a second person. */
  readonly purgeGuarded: boolean
  /** Development: an admin's access key may do whatever AWS's clients ask, as with a Secrets Manager of one's own. */
  readonly adminKeysUnguarded: boolean
  /** Production: what loosens a guard takes a second person. */
  readonly changesGuarded: boolean
  /** Ways to reach somebody; what nobody can be told of is not written down to be told. */
  readonly channels: Readonly<Record<ChannelName, boolean>>
  /** Addresses that hear of alarms; null: all admins and auditors. */
  readonly alarmMail: readonly string[] | null
  /** For how many days entries of a class keep what they say; null: for ever. */
  readonly keepDays: Readonly<Record<EntryClass, number | null>>
  /** Names of the admins who may sign in with a password; null: everybody may. */
  readonly passwordsFor: readonly string[] | null
  /** Functions of AWS that may rotate, by ARN, the usual one first. Empty unless values are in AWS. */
  readonly rotationFunctions: readonly string[]
  readonly arnOf: (name: SecretName) => string
}

/** Who asks, from where, and how to look again once something moved. */
export interface Caller {
  readonly principal: Principal
  readonly origin: Origin
  /** The step-up token of this request, as it was sent; null without one. */
  readonly verification: string | null
  /** Reads credential and principal anew, from the database. Throws `unauthenticated` if they are gone. */
  refresh(): Promise<Principal>
}
