import { type Act, type Moved, record, type Settled } from "../audit/ledger.ts"
import { comeBackAt, nextUtcDay } from "../core/clock.ts"
import { type ErrorCode, TylerError } from "../core/errors.ts"
import type { Principal } from "../core/principal.ts"
import type { Receipt } from "../core/receipt.ts"
import type { PolicySet } from "../policy/document.ts"
import type { Conflict } from "../state/change.ts"
import { type About, draftEntry } from "./entry.ts"
import type { Caller, Service } from "./service.ts"
import { PlanAgain } from "./value-store.ts"

/** Rounds before a caller who always finds something moved is told `busy`. */
const ROUNDS = 5

/** What a plan may look at. In every round but the first, all of it has just been read from the database. */
export interface View {
  readonly principal: Principal
  readonly policies: PolicySet
  readonly round: number
}

export interface Step<T> {
  readonly act: Act
  /** Runs once the act is durable. */
  done(receipt: Receipt, quota: Quota, made?: Made): T
  /** Runs if the act was not done: wipes what the plan had opened. */
  undone?(): void
  /** Of an INTENT, once it is durable: carries it out and records the outcome. Throws what was recorded. */
  outside?(receipt: Receipt): Promise<T>
}

/** What only a store outside could say of what was made there. */
export interface Made {
  readonly arn: string
}

export type Quota = { readonly secret: number; readonly person: number } | null

/** One thing asked for: what it is about, and how to plan it. A plan refuses by throwing a TylerError. */
export interface Attempt<T> {
  readonly about: About
  /** It changes what it is about: it is planned after all others in this process that do. */
  readonly writes?: true
  plan(view: View): Promise<Step<T>>
  /** Called when a round found something moved, before the next plan. */
  moved?(): void
}

export type Result<T> = { readonly value: T } | { readonly error: TylerError }

/** `late`: a refusal that the record transaction itself found, and whose own entry is still to be written. */
type Ended<T> = Result<T> | { readonly late: TylerError }

/**
 * The spine of every verb: plan, record, answer. All attempts of a round share one durable act; those that moved
 * meanwhile look again and plan again. A refusal is answered only once its own entry is durable.
 */
export async function performAll<T>(
  on: Service,
  caller: Caller,
  attempts: readonly Attempt<T>[],
): Promise<Result<T>[]> {
  const results: (Ended<T> | undefined)[] = attempts.map(() => undefined)
  let pending = attempts.map((_, index) => index)
  let endTurns: (() => void) | undefined
  try {
    for (let round = 0; pending.length > 0 && round < ROUNDS; round++) {
      if (round === 1) {
        endTurns = await on.turns.takeAll(pending.map((index) => lineOf((attempts[index] as Attempt<T>).about)))
        if (endTurns === undefined) break
      }
      const view = await look(on, caller, round)
      const plans = pending.map((index) => planOne(on, caller, view, attempts[index] as Attempt<T>))
      const planned = await Promise.all(plans)
      const settled = await recordPlanned(on, planned)
      const ended = await Promise.all(planned.map((plan, at) => outcomeOf(on, plan, settled[at])))
      const again: number[] = []
      pending.forEach((index, at) => {
        const result = ended[at]
        if (result === undefined) again.push(index)
        else results[index] = result
      })
      for (const index of again) attempts[index]?.moved?.()
      pending = again
    }
  } finally {
    endTurns?.()
  }
  return Promise.all(
    results.map(async (result, index) => {
      const about = (attempts[index] as Attempt<T>).about
      if (result === undefined) return refuse(on, caller, about, new TylerError("busy"))
      return "late" in result ? refuse(on, caller, about, result.late) : result
    }),
  )
}

/** The same for one attempt, which is nearly every request: without the lists, 3 microseconds less of CPU. */
export async function perform<T>(on: Service, caller: Caller, attempt: Attempt<T>): Promise<T> {
  let endTurn: (() => void) | undefined
  try {
    for (let round = 0; round < ROUNDS; round++) {
      if (endTurn === undefined && (round > 0 || attempt.writes === true)) {
        endTurn = await on.turns.take(lineOf(attempt.about))
        if (endTurn === undefined) break
      }
      const planned = await planOne(on, caller, await look(on, caller, round), attempt)
      const [settled] = await recordPlanned(on, [planned])
      const begun = "step" in planned && isRecorded(settled) ? planned.step.outside?.(settled.receipt) : undefined
      if (begun !== undefined) return await begun
      const ended = resultOf(on, planned, settled)
      if (ended !== undefined)
        return valueOf("late" in ended ? await refuse(on, caller, attempt.about, ended.late) : ended)
      attempt.moved?.()
    }
    return valueOf(await refuse<T>(on, caller, attempt.about, new TylerError("busy")))
  } finally {
    endTurn?.()
  }
}

/** What an attempt may find moved by others of its kind: policy rows all at once, anything else by itself. */
function lineOf({ resourceType, resourceName }: About): string {
  return resourceType === "policy" ? resourceType : `${resourceType} ${resourceName}`
}

function valueOf<T>(result: Result<T>): T {
  if ("error" in result) throw result.error
  return result.value
}

async function look(on: Service, caller: Caller, round: number): Promise<View> {
  if (round === 0) return { principal: caller.principal, policies: await on.policies.current(), round }
  const policies = await on.policies.reload()
  return { principal: await caller.refresh(), policies, round }
}

type Planned<T> =
  | { readonly step: Step<T> }
  | { readonly error: TylerError; readonly act: Act | undefined }
  /** Refused on something that has moved since. */
  | { readonly stale: true }

async function planOne<T>(on: Service, caller: Caller, view: View, attempt: Attempt<T>): Promise<Planned<T>> {
  try {
    const step = await on.spans.span("decide", () => attempt.plan(view))
    return { step: step.act.changes.length === 0 ? step : await on.store.begin(on, step) }
  } catch (error) {
    if (error instanceof PlanAgain || !(await stillHolds(on, view))) return { stale: true }
    const refusal = error instanceof TylerError ? error : new TylerError("internal", {}, describe(error))
    refusal.recorded = true
    const act = refusalAct(on, caller, view.principal, attempt.about, refusal)
    return { error: refusal, act: act === undefined ? undefined : { ...act, ...decidedOn(view) } }
  }
}

/** A refusal may be as stale as a permit: its entry too is compared with the rows it was decided on. */
function decidedOn({ principal, policies }: View): Pick<Act, "policyEpoch" | "principal"> {
  return { policyEpoch: policies.epoch, principal: comparedWith(principal) }
}

/** Who has no session has no row to be compared with. */
function comparedWith({ id, epoch, sessionId }: Principal): Act["principal"] {
  return sessionId === null ? null : { id, epoch }
}

/** Refusals that are only counted (operations/refusals.ts) have no entry to compare by, so they look for themselves. */
async function stillHolds(on: Service, { principal, policies, round }: View): Promise<boolean> {
  if (round > 0 || principal.sessionId === null || !on.refusals.onlyCounts(principal.id, on.clock.now())) return true
  const head = await on.reader.head()
  const row = await on.reader.principalById(principal.id)
  return head.policyEpoch === policies.epoch && row?.epoch === principal.epoch && !row.disabled
}

function isRecorded(settled: Settled | undefined): settled is Exclude<Settled, { readonly moved: Moved }> {
  return settled !== undefined && !("moved" in settled)
}

/** As `resultOf`; what was begun outside is carried out first. */
async function outcomeOf<T>(
  on: Service,
  plan: Planned<T>,
  settled: Settled | undefined,
): Promise<Ended<T> | undefined> {
  if (!("step" in plan) || plan.step.outside === undefined || !isRecorded(settled)) return resultOf(on, plan, settled)
  try {
    return { value: await plan.step.outside(settled.receipt) }
  } catch (error) {
    return { error: error instanceof TylerError ? error : new TylerError("internal", {}, describe(error)) }
  }
}

/** Undefined: what it was decided on has moved, plan again. */
function resultOf<T>(on: Service, plan: Planned<T>, settled: Settled | undefined): Ended<T> | undefined {
  if ("stale" in plan) return undefined
  if ("step" in plan) return finish(on, plan.step, settled as Settled)
  return settled !== undefined && "moved" in settled ? undefined : { error: plan.error }
}

/** A foreign error's class is enough for the log; its message may hold a value. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "))
  return [error.name, ...frames.slice(0, 3)].join(" ")
}

async function recordPlanned<T>(on: Service, planned: readonly Planned<T>[]): Promise<(Settled | undefined)[]> {
  const acts = planned.map((plan) => ("step" in plan ? plan.step.act : "act" in plan ? plan.act : undefined))
  const wanted = acts.filter((act) => act !== undefined)
  try {
    const settled = wanted.length === 0 ? [] : await record(on.ledger, wanted)
    let at = 0
    return acts.map((act) => (act === undefined ? undefined : settled[at++]))
  } catch (error) {
    for (const plan of planned) if ("step" in plan) plan.step.undone?.()
    // The ledger has just failed to record it: asking again would only make the caller wait twice as long.
    if (error instanceof TylerError) error.recorded = true
    throw error
  }
}

/** Undefined: something moved, plan again. */
function finish<T>(on: Service, step: Step<T>, settled: Settled): Ended<T> | undefined {
  if (!("moved" in settled)) return { value: step.done(settled.receipt, settled.quota) }
  step.undone?.()
  if (settled.moved.kind === "quota") return { late: quotaExceeded(on, settled.moved) }
  if (settled.moved.kind !== "conflict") return undefined
  const code = CONFLICTS[settled.moved.conflict]
  return code === undefined ? undefined : { late: new TylerError(code) }
}

/** Conflicts that answer the caller; the others mean that something moved, and the next round sees what. */
const CONFLICTS: Readonly<Partial<Record<Conflict, ErrorCode>>> = {
  name_taken: "secret_exists",
  user_taken: "user_exists",
  setup_closed: "setup_done",
  pattern_taken: "policy_exists",
  provider_taken: "provider_exists",
  pending_deletion: "secret_pending_deletion",
  not_deleted: "secret_not_deleted",
  factor_taken: "factor_exists",
  credentials_full: "too_many_tokens",
  owner_full: "too_many_owned",
  issuer_taken: "issuer_exists",
  iam_bound: "iam_binding_exists",
  iam_full: "too_many_iam_bindings",
  held: "person_held",
  tags_full: "too_many_tags",
  role_taken: "role_exists",
  roles_full: "too_many_roles",
  role_in_use: "role_in_use",
  rotation_running: "rotation_running",
  rotation_begun: "rotation_begun",
}

export function quotaExceeded(on: Pick<Service, "clock">, moved: Extract<Moved, { kind: "quota" }>): TylerError {
  const { scope, limit } = moved
  const now = on.clock.now()
  return new TylerError("quota_exceeded", { scope, limit, ...comeBackAt(nextUtcDay(now), now) })
}

async function refuse<T>(on: Service, caller: Caller, about: About, refusal: TylerError): Promise<Result<T>> {
  let { principal } = caller
  let act = refusalAct(on, caller, principal, about, refusal)
  for (let round = 0; act !== undefined && round < ROUNDS; round++) {
    const [settled] = await record(on.ledger, [{ ...act, principal: comparedWith(principal) }])
    if (settled === undefined || !("moved" in settled)) break
    // Nobody's name is written down on the word of a session that has ended: the person may be erased by now.
    principal = await caller.refresh()
    act = refusalActOf(on, caller, principal, about, refusal)
  }
  refusal.recorded = true
  return { error: refusal }
}

/** For refusals made before a verb was reached: bad names, bad bodies, rate limits. */
export async function recordRefusal(on: Service, caller: Caller, about: About, refusal: TylerError): Promise<void> {
  await refuse(on, caller, about, refusal)
}

const FAULTS: ReadonlySet<ErrorCode> = new Set(["internal", "unavailable", "busy", "row_tampered", "policy_tampered"])

function refusalAct(
  on: Service,
  caller: Caller,
  principal: Principal,
  about: About,
  refusal: TylerError,
): Act | undefined {
  if (!on.refusals.note(meterKey(principal), on.clock.now())) return undefined
  return refusalActOf(on, caller, principal, about, refusal)
}

/** Whoever tries somebody's name spends nothing of what that person has. */
function meterKey({ id, kind, sessionId }: Principal): string {
  return sessionId === null && kind !== "job" ? "anonymous" : id
}

function refusalActOf(on: Service, caller: Caller, principal: Principal, about: About, refusal: TylerError): Act {
  const result = FAULTS.has(refusal.code) ? "FAILURE" : "DENIED"
  const entry = draftEntry(on, principal, caller.origin, about, { result, decision: refusal.code })
  return { entry, policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes: [] }
}
