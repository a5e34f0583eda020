import { fullNameOf } from "../../secrets/outside-names.ts"
import type { Outside } from "./place.ts"
import { TylerError } from "../../core/errors.ts"
import type { SecretName } from "../../core/name.ts"
import type { Receipt } from "../../core/receipt.ts"
import { entrust } from "../../core/secret-value.ts"
import { headOf } from "../../envelope/head.ts"
import { open } from "../../envelope/seal.ts"
import { type Material, type OutsideSecret, StoreFault } from "../../secrets/outside.ts"
import type { Change } from "../../state/change.ts"
import { type LabelRow, UNSEALED, type VersionRow } from "../../state/rows.ts"
import type { Service } from "../service.ts"
import { bodyOf } from "../value.ts"
import { effectOf, type Tools } from "./effects.ts"
import { sealedMaterial } from "./form.ts"
import { findThere, type Transit } from "./found.ts"
import { isVersioned, type Outward, secretIdOf } from "./intent.ts"

export interface Undertaking {
  readonly name: SecretName
  /** In the order in which they are made. */
  readonly changes: readonly Outward[]
  /** The labels that it was decided on. */
  readonly before: readonly LabelRow[]
  /** Null: no value goes along. */
  readonly transit: Transit | null
}

/** How it ended, for certain. */
export interface Ended {
  readonly arn: string
  /** The changes that were made, as they become ours. */
  readonly landed: readonly Change[]
  /** Why the rest was not; null: all were. */
  readonly fault: TylerError | null
}

/** After this no further call is begun, and long before RECONCILE_AFTER_MS the last has ended. */
const LAST_CALL_MS = 45_000

/**
 * Makes the changes outside. What failed is looked at before it is believed: an answer may have been lost, and the
 * second try then finds its own work in the way. Throws where nobody can say how it ended.
 */
export async function attempt(on: Service, outside: Outside, work: Undertaking, intent: Receipt): Promise<Ended> {
  const tools = toolsFor(on, outside, work, intent)
  const ours = outside.encrypt ? (work.transit?.sealed ?? null) : null
  const landed: Change[] = []
  let arn = ""
  for (const change of work.changes) {
    const effect = effectOf(change)
    let record = ours
    try {
      const made = await effect.run(change, tools)
      arn = made?.arn ?? arnOf(change)
    } catch (error) {
      const fault = error instanceof TylerError ? error : new TylerError("internal", {}, "an effect outside broke")
      const looked = await look(on, outside, work, change, fault, tools)
      if ("fault" in looked) return { arn, landed, fault: looked.fault }
      arn = looked.arn
      record = looked.record ?? record
    }
    landed.push(catalogued(effect.landed(change, arn), record))
  }
  return { arn, landed, fault: null }
}

function toolsFor(on: Service, outside: Outside, work: Undertaking, intent: Receipt): Tools {
  const started = on.clock.monotonic()
  return {
    store: outside.store,
    fullName: fullNameOf(outside, work.name),
    before: work.before,
    lend: (use) => lend(on, outside, work.transit, intent, use),
    inTime() {
      if (on.clock.monotonic() - started > LAST_CALL_MS) throw new StoreFault("store_unavailable", "Deadline", "no")
    },
  }
}

async function lend<T>(
  on: Service,
  outside: Outside,
  transit: Transit | null,
  intent: Receipt,
  use: (material: Material) => Promise<T>,
): Promise<T> {
  if (transit === null) throw new TylerError("internal", {}, "nothing to lend")
  if (outside.encrypt) return use(sealedMaterial(transit.sealed))
  const value = open(on.keyring(), transit.place, transit.sealed)
  return entrust(value, intent, (stored) => use(bodyOf(stored)))
}

/** Of what was there before. */
function arnOf(change: Outward): string {
  return change.kind === "addSecret" ? "" : secretIdOf(change)
}

type Looked = { readonly arn: string; readonly record: Buffer | null } | { readonly fault: TylerError }

async function look(
  on: Service,
  outside: Outside,
  { name, transit }: Undertaking,
  change: Outward,
  fault: TylerError,
  tools: Tools,
): Promise<Looked> {
  const perhaps = !(fault instanceof StoreFault) || fault.done === "perhaps"
  const seen = await outside.store.describe(fullNameOf(outside, name)).catch(() => null)
  if (seen != null && (change.kind === "addSecret" || seen.arn === secretIdOf(change))) {
    const reached = effectOf(change).reached(change, seen)
    const taken = fault.code === "secret_exists"
    if (isVersioned(change) && transit !== null && (reached || taken))
      return mine(on, outside, seen, change, transit, fault, reached, tools)
    if (reached) return { arn: seen.arn, record: null }
  }
  if (perhaps) throw fault
  return { fault }
}

/** The version id is in use: by an earlier try of the same author, if the value is the same. Then it has to become current. */
async function mine(
  on: Service,
  outside: Outside,
  seen: OutsideSecret,
  change: Extract<Outward, { readonly kind: "addSecret" | "addVersion" }>,
  transit: Transit,
  fault: TylerError,
  reached: boolean,
  tools: Tools,
): Promise<Looked> {
  const there = await findThere(on, outside, seen.arn, transit)
  if (there === "none") return { fault }
  if (there === "other") return { fault: new TylerError("idempotency_mismatch", { arn: seen.arn }) }
  const ended = { arn: seen.arn, record: there.record }
  if (reached) return ended
  if (change.kind === "addSecret") return { fault }
  const labels = { kind: "putLabels" as const, secretId: change.secretId, labels: change.labels, changedAt: 0 }
  try {
    await effectOf(labels).run(labels, tools)
    return ended
  } catch (error) {
    if (error instanceof StoreFault && error.done === "no") return { fault: error }
    throw error
  }
}

function catalogued(change: Change, record: Buffer | null): Change {
  if (change.kind === "addVersion") return { ...change, version: { ...change.version, ...catalogForm(record) } }
  if (change.kind === "addSecret" && change.version !== null)
    return { ...change, version: { ...change.version, ...catalogForm(record) } }
  return change
}

/** What the catalog keeps of a sealed version: its head. Of one that lies there as it is: nothing. */
export function catalogForm(record: Uint8Array | null): Pick<VersionRow, "keyId" | "sealed"> {
  return record === null ? { keyId: UNSEALED, sealed: new Uint8Array(0) } : headOf(record)
}
