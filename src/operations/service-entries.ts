import { type Act, record } from "../audit/ledger.ts"
import { addressNeighbourhood } from "../quota/address.ts"
import type { Origin, Principal } from "../core/principal.ts"
import { type About, draftEntry } from "./entry.ts"
import type { RefusalCount } from "./refusals.ts"
import type { Change } from "../state/change.ts"
import type { Service } from "./service.ts"

const SERVER: Principal = {
  id: "server",
  kind: "job",
  name: "server",
  roles: [],
  assurance: "system",
  epoch: 0,
  sessionId: null,
}

/** Where there is no request: a row was found on the way to an answer. */
export const HERE: Origin = { requestId: "", ip: "", userAgent: "" }

function here(on: Pick<Service, "random">): Origin {
  return { requestId: on.random.uuid(), ip: "", userAgent: "" }
}

/**
 * An alarm: somebody wrote a row that grants something past this service. At most 60 a minute for one row; the rest is
 * counted.
 */
export async function recordTampering(
  on: Service,
  origin: Origin,
  kind:
    | "principal"
    | "credential"
    | "factor"
    | "grant"
    | "request"
    | "decision"
    | "identity_provider"
    | "external_identity"
    | "rotation_schedule",
  id: string,
): Promise<void> {
  if (!on.refusals.note(`${kind} ${id}`, on.clock.now())) return
  const about = { action: "ROW_TAMPERED", resourceType: kind, resourceName: id, reason: null }
  const entry = draftEntry(on, SERVER, origin, about, { result: "FAILURE", decision: "row_tampered", details: "alarm" })
  await record(on.ledger, [{ entry, ...BARE }])
}

const BARE = { policyEpoch: null, principal: null, secret: null, grant: null, quota: null, changes: [] }

function act(
  on: Pick<Service, "clock" | "random">,
  action: string,
  resourceName: string,
  details: string,
  changes: readonly Change[] = [],
): Act {
  return actAbout(on, { action, resourceType: "service", resourceName, reason: null }, details, changes)
}

function actAbout(
  on: Pick<Service, "clock" | "random">,
  about: About,
  details: string,
  changes: readonly Change[],
): Act {
  const entry = draftEntry(on, SERVER, here(on), about, { result: "SUCCESS", decision: "system", details })
  return { entry, ...BARE, changes }
}

/** An alarm that was found, lasts, or is over. */
export function alarmAct(
  on: Pick<Service, "clock" | "random">,
  action: string,
  name: string,
  details: string,
  changes: readonly Change[],
): Act {
  return actAbout(on, { action, resourceType: "alarm", resourceName: name, reason: null }, details, changes)
}

/** An attempt to send a notification, or what became of it. */
export interface SendingEntry {
  readonly action: "NOTIFY" | "NOTIFY_FAILED"
  readonly result: "INTENT" | "SUCCESS" | "FAILURE"
  readonly decision: string
  /** The notification's. */
  readonly id: string
  readonly details: string
  readonly change: Change
}

export function sendingAct(on: Pick<Service, "clock" | "random">, about: SendingEntry): Act {
  const { action, id, result, decision, details, change } = about
  const what = { action, resourceType: "notification", resourceName: id, reason: null }
  const entry = draftEntry(on, SERVER, here(on), what, { result, decision, details })
  return { entry, ...BARE, changes: [change] }
}

/** More waited than may wait. @returns false if another replica was first */
export async function recordDropping(on: Pick<Service, "clock" | "random" | "ledger">, waiting: number, keep: number) {
  const details = `waiting=${waiting} kept=${keep}`
  const [settled] = await record(on.ledger, [
    act(on, "NOTIFY_DROPPED", "notifications", details, [{ kind: "dropDeliveries", keep }]),
  ])
  return settled !== undefined && !("moved" in settled)
}

/** What nobody can use any more is deleted. */
export async function recordPruning(
  on: Pick<Service, "clock" | "random" | "ledger">,
  details: string,
  changes: readonly Change[],
): Promise<void> {
  await record(on.ledger, [act(on, "PRUNE", "expired", details, changes)])
}

/** Entries that were kept long enough. None is recorded if another replica was first. @param range `FIRST-LAST` */
export async function recordRetention(
  on: Pick<Service, "clock" | "random" | "ledger">,
  range: string,
  details: string,
  change: Change,
): Promise<void> {
  const about = { action: "RETAIN", resourceType: "entries", resourceName: range, reason: null }
  await record(on.ledger, [actAbout(on, about, details, [change])])
}

/** A step of an erasure that people have ordered; none if another replica has just taken it. */
export async function recordErasure(
  on: Service,
  action: string,
  personId: string,
  details: string,
  change: Change,
): Promise<void> {
  const about = { action, resourceType: "person", resourceName: personId, reason: null }
  await record(on.ledger, [actAbout(on, about, details, [change])])
}

/** A start also says that refusals counted in the minute before a crash are lost. */
export async function recordStart(on: Service): Promise<void> {
  await record(on.ledger, [act(on, "SERVER_START", "server", "uncounted_refusals_possible")])
}

/** An alarm: the wall clock stepped, so purges are frozen for a while. */
export async function recordClockStep(on: Service): Promise<void> {
  await record(on.ledger, [act(on, "CLOCK_STEP", "clock", "purges_frozen")])
}

/**
 * One REFUSED_SUMMARY per principal or neighbourhood of addresses, with exact counts; given back if they could not be
 * recorded. No whole address: what an entry is about cannot be erased, and nobody knows whose it is.
 */
export async function recordSummaries(on: Service): Promise<void> {
  const counts = on.refusals.take()
  if (counts.length === 0) return
  try {
    await record(
      on.ledger,
      [...summed(counts)].map(([about, count]) => act(on, "REFUSED_SUMMARY", about, `count=${count}`)),
    )
  } catch (error) {
    on.refusals.restore(counts)
    throw error
  }
}

const ADDRESS = "address "

function summed(counts: readonly RefusalCount[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { key, count } of counts) {
    const about = key.startsWith(ADDRESS) ? ADDRESS + addressNeighbourhood(key.slice(ADDRESS.length)) : key
    sums.set(about, (sums.get(about) ?? 0) + count)
  }
  return sums
}
