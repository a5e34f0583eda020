import { record } from "../../audit/ledger.ts"
import type { Change } from "../../state/change.ts"
import type { RotationRow, RotationStep } from "../../state/rows.ts"
import { draftEntry } from "../entry.ts"
import { aboutStep, detailsOf, type OneRotation } from "./rotator.ts"

/** How long a process has a rotation to itself. Another takes it over after that, so a killed one is missed for so long. */
export const LEASE_MS = 20_000
/** While a step runs, its lease is renewed so often. */
export const HEARTBEAT_MS = 5_000
/** What changes a target begins within so long of a renewal, by a clock that does not step. */
const BEGINS_MS = LEASE_MS / 2

/** Somebody else carries it on by now: whoever finds out stops, and changes nothing. */
export class LeaseLost extends Error {
  constructor() {
    super("the rotation is carried on by another process")
    this.name = "LeaseLost"
  }
}

export function keeping(
  { on, lease }: OneRotation,
  { id }: Pick<RotationRow, "id">,
  step: RotationStep,
  more: Partial<Pick<Extract<Change, { kind: "keepRotation" }>, "versionId" | "fromVersion">> = {},
): Change {
  return { kind: "keepRotation", id, lease, until: on.clock.now() + LEASE_MS, step, ...more }
}

/** @param overdue how far leases are taken to have run out. @returns false if another process was first */
export async function take(one: OneRotation, row: RotationRow, overdue: number): Promise<boolean> {
  const now = one.on.clock.now()
  const change = {
    kind: "leaseRotation" as const,
    id: row.id,
    lease: one.lease,
    now: now + overdue,
    until: now + LEASE_MS,
  }
  return recorded(one, row, "INTENT", "leased", change)
}

/** Records that a step got so far. @throws LeaseLost */
export async function recordKept(
  one: OneRotation,
  row: RotationRow,
  result: "INTENT" | "SUCCESS",
  change: Change,
  more?: string,
): Promise<void> {
  if (!(await recorded(one, row, result, more, change))) throw new LeaseLost()
}

/**
 * Renews the lease in an entry of its own: `effect` is about to be made at the target, or the step just goes on.
 * @throws LeaseLost
 */
export async function renew(one: OneRotation, row: RotationRow, effect: string | null): Promise<void> {
  const began = one.on.clock.monotonic()
  const more = effect === null ? "waiting" : `effect=${effect.replaceAll(" ", "_")}`
  await recordKept(one, row, "INTENT", keeping(one, row, row.step), more)
  if (one.on.clock.monotonic() - began > BEGINS_MS) throw new LeaseLost()
}

async function recorded(
  { on, caller, name }: OneRotation,
  row: RotationRow,
  result: "INTENT" | "SUCCESS",
  more: string | undefined,
  change: Change,
): Promise<boolean> {
  const particulars = { result, decision: "system", versionId: row.versionId, details: detailsOf(row, more) }
  const entry = draftEntry(on, caller.principal, caller.origin, aboutStep(name), particulars)
  const none = { policyEpoch: null, principal: null, secret: null, grant: null, quota: null }
  const [settled] = await record(on.ledger, [{ entry, ...none, changes: [change] }])
  return settled !== undefined && !("moved" in settled)
}

/** Renews the lease while `act` runs, whose signal ends with it. */
export async function whileHeld<T>(
  one: OneRotation,
  row: RotationRow,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController()
  let renewing: Promise<void> = Promise.resolve()
  const beat = setInterval(() => {
    renewing = renew(one, row, null).catch(() => lost.abort(new LeaseLost()))
  }, HEARTBEAT_MS)
  beat.unref()
  try {
    return await act(AbortSignal.any([signal, lost.signal]))
  } catch (error) {
    throw lost.signal.aborted ? new LeaseLost() : error
  } finally {
    clearInterval(beat)
    await renewing
  }
}
