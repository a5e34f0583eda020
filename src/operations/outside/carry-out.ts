import { boundTo, type Outside } from "./place.ts"
import { type Act, type Draft, record, type Settled } from "../../audit/ledger.ts"
import { TylerError } from "../../core/errors.ts"
import type { Receipt } from "../../core/receipt.ts"
import { rewrap } from "../../envelope/seal.ts"
import type { Change } from "../../state/change.ts"
import { UNSEALED, type VersionRow } from "../../state/rows.ts"
import type { Step } from "../perform.ts"
import type { Service } from "../service.ts"
import { attempt, type Ended, type Undertaking } from "./attempt.ts"
import { correct, refreshed } from "./catalog.ts"

/** One thing begun: its INTENT is durable. */
export interface Begun extends Undertaking {
  readonly id: string
  /** What becomes ours with it. */
  readonly also: readonly Change[]
  readonly entry: Draft
}

/** Carries out what was begun, then records the outcome together with what becomes ours, then answers. */
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
  const settled = await settle(on, outside, begun, index, ended)
  on.secrets.drop(begun.name)
  if (ended.fault === null) return step.done(settled.receipt, settled.quota, { arn: ended.arn })
  // What stood in the way may be something that the catalog does not know yet.
  await correct(on, outside, begun.name).catch(() => false)
  throw asRecorded(ended.fault)
}

/** Nobody could say: an entry says so, and the sweep will say more (sweep.ts). */
async function unknown(on: Service, { entry }: Begun, index: number, error: unknown): Promise<TylerError> {
  const cause = error instanceof TylerError ? error.code : "internal"
  const draft = { ...entry, ...fresh(on), result: "UNKNOWN" as const, decision: "outcome_unrecorded" }
  await record(on.ledger, [actOf({ ...draft, details: `intent=${index} ${cause}` }, [])]).catch(() => undefined)
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

/** Records the outcome. What is here already by another way is put right from what the store says. */
async function settle(
  on: Service,
  outside: Outside,
  { id, also, entry }: Begun,
  index: number,
  ended: Ended,
): Promise<Durable> {
  const { fault, landed } = ended
  const draft = (): Draft => ({
    ...entry,
    ...fresh(on),
    result: fault === null ? "SUCCESS" : "FAILURE",
    decision: fault === null ? entry.decision : fault.code,
    details: [entry.details, `intent=${index}`].filter((one) => one !== null).join(" "),
  })
  const settleIntent = { kind: "settleIntent" as const, id }
  try {
    const first = await recorded(on, draft(), [settleIntent, ...landed, ...(fault === null ? also : [])])
    if (first !== undefined) return first
    const second = await recorded(on, draft(), [settleIntent, ...(await repair(on, outside, ended))])
    if (second !== undefined) return second
    // The sweep was faster: it has settled the intent and corrected the catalog.
    const last = await recorded(on, draft(), [])
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

/** The catalog's row as the store has it, with the head of our version under the key that seals now. */
async function repair(on: Service, outside: Outside, { arn, landed }: Ended): Promise<readonly Change[]> {
  if (landed.length === 0) return []
  const resealed = await Promise.all(landed.map((change) => underPresentKey(on, change)))
  const row = await on.reader.secretById(arn)
  if (row === undefined) return resealed.filter(({ kind }) => kind === "addSecret")
  const seen = await outside.store.describe(arn)
  if (seen === undefined) return []
  const versions = resealed.map(versionIn).filter((version) => version !== null)
  return [refreshed(row, seen, on.clock.now(), versions)]
}

function versionIn(change: Change): VersionRow | null {
  return change.kind === "addSecret" || change.kind === "addVersion" ? change.version : null
}

async function underPresentKey(on: Service, change: Change): Promise<Change> {
  const version = versionIn(change)
  if (version === null || version.keyId === UNSEALED) return change
  const slot = { secretId: boundTo(version.secretId), versionId: version.versionId }
  const wrapped = rewrap(await on.keys.reload(), slot, version.sealed, on.random)
  return { ...change, version: { ...version, ...wrapped } } as Change
}
