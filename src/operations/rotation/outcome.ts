import { TylerError } from "../../core/errors.ts"
import { RotationFault } from "../../rotation/fault.ts"
import { nextDue } from "../../rotation/timetable.ts"
import { record } from "../../audit/ledger.ts"
import type { RotationOutcome } from "../../state/change.ts"
import type { RotationRow, ScheduleRow } from "../../state/rows.ts"
import { DAY_MS } from "../../core/clock.ts"
import { draftEntry } from "../entry.ts"
import { aboutRotation, aboutStep, detailsOf, type OneRotation } from "./rotator.ts"

const SECOND_MS = 1000
/** Waits after failed attempts; the last one again and again. */
const WAITS_MS = [1, 2, 5, 10, 30, 60, 300, 900, 3600].map((seconds) => seconds * SECOND_MS)
/** Before anything reached the target, so many attempts are enough: nothing is worse than before. */
export const MOST_ATTEMPTS = 9

/** Faults of our own parts that pass. */
const PASSING: ReadonlySet<string> = new Set([
  "busy",
  "unavailable",
  "internal",
  "store_throttled",
  "store_unavailable",
  "store_fault",
  "outcome_unrecorded",
])

export type Carried = "done" | "failed" | "lost" | { readonly retryAt: number }

/**
 * Records what became of a failed attempt. Once the target may have been changed, only a fault that will not pass ends a
 * rotation: the pending version may be the only one that is still good.
 * @returns `lost` if another process carries it on by now
 */
export async function settleFailed(one: OneRotation, row: RotationRow, error: unknown): Promise<Carried> {
  const { code, text, passing } = faultOf(error)
  const attempts = row.attempts + 1
  const spent = row.step === "create" && attempts >= MOST_ATTEMPTS
  const fault = { code, text }
  if (passing && !spent) {
    const retryAt = one.on.clock.now() + (WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? 0)
    return (await settle(one, row, { retryAt, attempts, fault })) ? { retryAt } : "lost"
  }
  const nextRotation = nextTry(await one.on.reader.schedule(row.secretId), one.on.clock.now(), row)
  return (await settle(one, row, { state: "failed", nextRotation, fault })) ? "failed" : "lost"
}

/** The process stops: another, or the next start, goes on at once. */
export async function settleStopped(one: OneRotation, row: RotationRow): Promise<Carried> {
  const retryAt = one.on.clock.now()
  const fault = row.fault ?? { code: "stopped", text: "The process was stopped" }
  return (await settle(one, row, { retryAt, attempts: row.attempts, fault })) ? { retryAt } : "lost"
}

/** A day later at the latest. One that was promoted already keeps its hour. */
function nextTry(schedule: ScheduleRow | undefined, now: number, row: RotationRow): number | null {
  if (schedule === undefined) return null
  if (row.step === "revoke") return schedule.nextRotation
  const due = nextDue(schedule, now)
  return due === null ? null : Math.min(due, now + DAY_MS)
}

async function settle(one: OneRotation, row: RotationRow, outcome: RotationOutcome): Promise<boolean> {
  const { on, caller, lease, name } = one
  const final = "state" in outcome
  const fault = ("fault" in outcome ? outcome.fault?.code : undefined) ?? "system"
  const about = final ? aboutRotation(name) : aboutStep(name)
  const details = detailsOf(row, `attempt=${row.attempts + 1}`)
  const particulars = { result: "FAILURE" as const, decision: fault, versionId: row.versionId, details }
  const entry = draftEntry(on, caller.principal, caller.origin, about, particulars)
  const change = { kind: "settleRotation" as const, id: row.id, lease, at: on.clock.now(), outcome }
  const none = { policyEpoch: null, principal: null, secret: null, grant: null, quota: null }
  const [settled] = await record(on.ledger, [{ entry, ...none, changes: [change] }])
  return settled !== undefined && !("moved" in settled)
}

/** A foreign error's text is nobody's to read: it may quote what was sent. */
function faultOf(error: unknown): { readonly code: string; readonly text: string; readonly passing: boolean } {
  if (error instanceof RotationFault) return { code: error.code, text: error.message, passing: error.passing }
  if (error instanceof TylerError) return { code: error.code, text: error.message, passing: PASSING.has(error.code) }
  const timedOut = error instanceof Error && ["AbortError", "TimeoutError"].includes(error.name)
  return timedOut
    ? { code: "target_unreachable", text: "The step took too long", passing: true }
    : { code: "internal", text: "Internal error", passing: true }
}
