import { type Act, type Draft, record, type Settled } from "../../audit/ledger.ts"
import { equalBytes } from "../../core/bytes.ts"
import { TylerError } from "../../core/errors.ts"
import type { SecretName } from "../../core/name.ts"
import type { Receipt } from "../../core/receipt.ts"
import { discard, entrust, reseal } from "../../core/secret-value.ts"
import { headOf } from "../../envelope/head.ts"
import { open, type Place, rewrap } from "../../envelope/seal.ts"
import { type Material, type OutsideSecret, StoreFault } from "../../secrets/outside.ts"
import type { Change } from "../../state/change.ts"
import { type LabelRow, type SecretRow, UNSEALED, type VersionRow } from "../../state/rows.ts"
import type { Step } from "../perform.ts"
import type { Service } from "../service.ts"
import { bodyOf } from "../value.ts"
import { refreshed } from "./catalog.ts"
import { effectOf, type Tools } from "./effects.ts"
import { recordIn, sealedMaterial } from "./form.ts"
import type { Outward } from "./intent.ts"
import type { Outside } from "./place.ts"
import { fullNameOf } from "./place.ts"

/** One thing begun: its INTENT is durable. */
export interface Begun {
  readonly id: string
  readonly name: SecretName
  readonly change: Outward
  /** What else becomes ours with it. */
  readonly also: readonly Change[]
  readonly before: readonly LabelRow[]
  /** The version's record whole, as it was sealed by the plan; null for a change without one. */
  readonly transit: { readonly place: Place; readonly sealed: Buffer } | null
  readonly entry: Draft
}

/** After this no further call is begun, and long before RECONCILE_AFTER_MS the last has ended. */
const LAST_CALL_MS = 45_000

/**
 * Carries out what was begun, then records the outcome with what becomes ours. What failed is looked at before it is
 * believed: an answer may have been lost, and the second try then finds its own work in the way.
 */
export async function carryOut<T>(
  on: Service,
  outside: Outside,
  begun: Begun,
  step: Step<T>,
  intent: Receipt,
): Promise<T> {
  const { index } = intent.facts
  let ended: Ended
  try {
    ended = await attempt(on, outside, begun, intent)
  } catch (error) {
    throw await unknown(on, begun, index, error)
  }
  on.secrets.drop(begun.name)
  const settled = await settle(on, outside, begun, index, ended)
  on.secrets.drop(begun.name)
  if ("fault" in ended) throw asRecorded(ended.fault)
  return step.done(settled.receipt, settled.quota, { arn: ended.arn })
}

/** How it ended, for certain. */
type Ended =
  /** @param sealed the version's record as it lies there; null if it lies there as it is, or there is no version. */
  { readonly arn: string; readonly sealed: Buffer | null } | { readonly fault: TylerError }

/** Throws where nobody can say how it ended. */
async function attempt(on: Service, outside: Outside, begun: Begun, intent: Receipt): Promise<Ended> {
  const { change, name, transit } = begun
  const effect = effectOf(change)
  const fullName = fullNameOf(outside, name)
  const started = on.clock.monotonic()
  const tools: Tools = {
    store: outside.store,
    fullName,
    before: begun.before,
    lend: (use) => lend(on, outside, begun, intent, use),
    inTime() {
      if (on.clock.monotonic() - started > LAST_CALL_MS) throw new StoreFault("store_unavailable", "Deadline", "no")
    },
  }
  const sealed = outside.encrypt && transit !== null ? transit.sealed : null
  try {
    const made = await effect.run(change, tools)
    return { arn: made?.arn ?? arnOf(change), sealed }
  } catch (error) {
    const fault = error instanceof TylerError ? error : new TylerError("internal", {}, "an effect outside broke")
    return (await looked(on, outside, begun, fault)) ?? { fault }
  }
}

/** Undefined: nothing came of it. Throws where nobody can say. */
async function looked(on: Service, outside: Outside, begun: Begun, fault: TylerError): Promise<Ended | undefined> {
  const { change, transit } = begun
  const perhaps = !(fault instanceof StoreFault) || fault.done === "perhaps"
  const seen = await outside.store.describe(fullNameOf(outside, begun.name)).catch(() => null)
  const ours = seen !== null && seen !== undefined && (change.kind === "addSecret" || seen.arn === change.secretId)
  if (ours) {
    const reached = effectOf(change).reached(change, seen)
    if (transit !== null && (reached || fault.code === "secret_exists"))
      return found(on, outside, begun, seen, fault, reached)
    if (reached) return { arn: seen.arn, sealed: null }
  }
  if (perhaps) throw fault
  return undefined
}

/** Of what was there before. */
function arnOf(change: Outward): string {
  return change.kind === "addSecret" ? change.secret.arn : change.secretId
}

async function lend<T>(
  on: Service,
  outside: Outside,
  { transit }: Begun,
  intent: Receipt,
  use: (material: Material) => Promise<T>,
): Promise<T> {
  if (transit === null) throw new TylerError("internal", {}, "nothing to lend")
  if (outside.encrypt) return use(sealedMaterial(transit.sealed))
  const value = open(on.keyring(), transit.place, transit.sealed)
  return entrust(value, intent, (stored) => use(bodyOf(stored)))
}

/**
 * The version id is taken. By an earlier try of the same author whose outcome was not recorded, if the value is the
 * same: then what is there counts, and it only has to become current.
 */
async function found(
  on: Service,
  outside: Outside,
  begun: Begun,
  seen: OutsideSecret,
  taken: TylerError,
  reached: boolean,
): Promise<Ended> {
  const { transit, change } = begun
  if (transit === null || (change.kind !== "addSecret" && change.kind !== "addVersion")) return { fault: taken }
  const there = await sameThere(on, outside, seen, change.version, transit)
  if (there === "none") return { fault: taken }
  if (there === "other") return { fault: new TylerError("idempotency_mismatch") }
  const ended = { arn: seen.arn, sealed: there.record }
  if (reached) return ended
  if (change.kind === "addSecret") return { fault: taken }
  const labels = { kind: "putLabels" as const, secretId: change.secretId, labels: change.labels, changedAt: 0 }
  const tools = { store: outside.store, fullName: seen.fullName, before: begun.before, inTime: () => undefined }
  try {
    await effectOf(labels).run(labels, { ...tools, lend: () => Promise.reject(taken) })
    return ended
  } catch (error) {
    if (error instanceof StoreFault && error.done === "no") return { fault: error }
    throw error
  }
}

/** Whether the store has that version with that very value. `record` is what it is sealed as there. */
async function sameThere(
  on: Service,
  outside: Outside,
  seen: OutsideSecret,
  { versionId }: VersionRow,
  { place, sealed }: NonNullable<Begun["transit"]>,
): Promise<{ readonly record: Buffer | null } | "none" | "other"> {
  const answer = await outside.store.value(seen.arn, { versionId }).catch((error: unknown) => {
    if (error instanceof TylerError && error.code === "not_found") return undefined
    throw error
  })
  if (answer === undefined) return "none"
  const given = open(on.keyring(), place, sealed)
  const there = recordIn(answer.form, answer.value)
  try {
    if (there === undefined) {
      const same = reseal(given, (mine) => reseal(answer.value, (theirs) => equalBytes(bodyOf(mine).bytes, theirs)))
      return same ? { record: null } : "other"
    }
    const kept = open(on.keyring(), place, there)
    const same = reseal(given, (mine) => reseal(kept, (theirs) => equalBytes(mine, theirs)))
    discard(kept)
    return same ? { record: there } : "other"
  } finally {
    discard(given)
    discard(answer.value)
  }
}

/** Nobody could say: an entry says so, and the sweep will say more (reconcile.ts). */
async function unknown(on: Service, { entry }: Begun, index: number, error: unknown): Promise<TylerError> {
  const result = "UNKNOWN" as const
  const cause = error instanceof TylerError ? error.code : "internal"
  const draft = { ...entry, ...fresh(on), result, decision: "outcome_unrecorded", details: `intent=${index} ${cause}` }
  await record(on.ledger, [actOf(draft, [])]).catch(() => undefined)
  return asRecorded(new TylerError("outcome_unrecorded", {}, cause))
}

function asRecorded(error: TylerError): TylerError {
  error.recorded = true
  return error
}

function fresh(on: Service): Pick<Draft, "salt" | "timestamp"> {
  return { salt: on.random.bytes(32), timestamp: on.clock.now() }
}

function actOf(entry: Draft, changes: readonly Change[]): Act {
  return { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes }
}

type Durable = Exclude<Settled, { readonly moved: unknown }>

/** Records the outcome. What is there already by another way is put right from what the store says. */
async function settle(on: Service, outside: Outside, begun: Begun, index: number, ended: Ended): Promise<Durable> {
  const failed = "fault" in ended
  const entry = {
    ...begun.entry,
    ...fresh(on),
    result: failed ? ("FAILURE" as const) : ("SUCCESS" as const),
    decision: failed ? ended.fault.code : begun.entry.decision,
    details: [begun.entry.details, `intent=${index}`].filter((one) => one !== null).join(" "),
  }
  const settleIntent = { kind: "settleIntent" as const, id: begun.id }
  try {
    const ours = failed ? [] : [landed(begun.change, ended), ...begun.also]
    const first = await recorded(on, entry, [settleIntent, ...ours])
    if (first !== undefined) return first
    const repaired = await repair(on, outside, begun, ended)
    const second = await recorded(on, { ...entry, ...fresh(on) }, [settleIntent, ...repaired])
    if (second !== undefined) return second
    // The sweep was faster: it has settled the intent and corrected the catalog.
    const last = await recorded(on, { ...entry, ...fresh(on) }, [])
    if (last !== undefined) return last
  } catch (error) {
    throw asRecorded(new TylerError("outcome_unrecorded", {}, error instanceof TylerError ? error.code : "ledger"))
  }
  throw asRecorded(new TylerError("outcome_unrecorded", {}, "moved"))
}

async function recorded(on: Service, entry: Draft, changes: readonly Change[]): Promise<Durable | undefined> {
  const [settled] = await record(on.ledger, [actOf(entry, changes)])
  return settled === undefined || "moved" in settled ? undefined : settled
}

function landed(change: Outward, { arn, sealed }: Extract<Ended, { readonly arn: string }>): Change {
  const done = effectOf(change).landed(change, arn)
  if (done.kind !== "addSecret" && done.kind !== "addVersion") return done
  return { ...done, version: { ...done.version, ...catalogForm(sealed) } }
}

/** What the catalog keeps of a sealed version: its head. Of one that lies there as it is: nothing. */
export function catalogForm(sealed: Uint8Array | null): Pick<VersionRow, "keyId" | "sealed"> {
  return sealed === null ? { keyId: UNSEALED, sealed: new Uint8Array(0) } : headOf(sealed)
}

/** The catalog's row as the store has it, with the head of our version under the key that seals now. */
async function repair(on: Service, outside: Outside, begun: Begun, ended: Ended): Promise<readonly Change[]> {
  if ("fault" in ended) return []
  const change = landed(begun.change, ended)
  const version =
    change.kind === "addSecret" || change.kind === "addVersion" ? await resealed(on, change.version) : undefined
  const row: SecretRow | undefined = await on.reader.secretById(ended.arn)
  if (row === undefined) return change.kind === "addSecret" && version !== undefined ? [{ ...change, version }] : []
  const seen = await outside.store.describe(ended.arn)
  if (seen === undefined) return []
  return [refreshed(row, seen, on.clock.now(), version === undefined ? [] : [version])]
}

async function resealed(on: Service, version: VersionRow): Promise<VersionRow> {
  if (version.keyId === UNSEALED) return version
  const slot = { secretId: on.store.boundTo(version.secretId), versionId: version.versionId }
  return { ...version, ...rewrap(await on.keys.reload(), slot, version.sealed, on.random) }
}
