import { record } from "../audit/ledger.ts"
import { principalGenuine } from "../identity/row-mac.ts"
import type { Channel, ChannelName, Message, Undelivered } from "../notice/channel.ts"
import { isNoticeKind } from "../notice/kind.ts"
import { write } from "../notice/text.ts"
import type { DeliveryOutcome } from "../state/change.ts"
import type { DeliveryRow, PrincipalRow } from "../state/rows.ts"
import { ADDRESS, isProgram } from "./notices.ts"
import { recordDropping, recordPruning, sendingAct } from "./service-entries.ts"
import type { Service } from "./service.ts"

export type Sending = Pick<Service, "reader" | "ledger" | "keyring" | "clock" | "random">

/**
 * How long one sender has a delivery to itself. Longer than any attempt, and than the clocks of replicas may differ: an
 * attempt begins in the first half of it, by a clock that does not step.
 */
export const LEASE_MS = 90_000

const MINUTE_MS = 60_000

/** After each failed attempt but the last. */
export const RETRIES_MS: readonly number[] = [1, 5, 30, 120, 720].map((minutes) => minutes * MINUTE_MS)

/**
 * Of alarms: every minute for half an hour, so that the end of an outage is noticed within one, then ever more seldom.
 * Together under `GIVE_UP_MS`.
 */
export const ALARM_RETRIES_MS: readonly number[] = [
  ...[10, 20, 30].map((seconds) => seconds * 1_000),
  ...Array.from({ length: 29 }, () => MINUTE_MS),
  ...Array.from({ length: 9 }, () => 10 * MINUTE_MS),
  ...Array.from({ length: 12 }, () => 60 * MINUTE_MS),
]

/** A little more than all retries together: who waited behind others that failed is not waited for anew. */
export const GIVE_UP_MS = 15 * 60 * MINUTE_MS

/** Deliveries that may wait, over all recipients. */
export const MAX_WAITING = 10_000

/** How long what was settled is kept, and what no channel ever took. */
export const KEPT_MS = 7 * 24 * 60 * MINUTE_MS

const PRUNED_AT_ONCE = 1_000

export interface Leased {
  readonly row: DeliveryRow
  readonly lease: string
  /** Wall time of the lease, which decides whether the row was due itself. */
  readonly at: number
  /** Monotonic time after which the attempt may not begin. */
  readonly begins: number
}

/** What became of one attempt, for the metrics. */
export type Attempted = "delivered" | "retry" | "given_up" | "lost"

/**
 * Takes what is due on a channel, at most `limit`. An entry INTENT for each stands before anything goes out. What another
 * replica took first is left out.
 */
export async function leaseDue(on: Sending, channel: ChannelName, limit: number): Promise<readonly Leased[]> {
  const at = on.clock.now()
  const begins = on.clock.monotonic() + LEASE_MS / 2
  const due = await on.reader.deliveriesDue({ channel, now: at, limit })
  if (due.length === 0) return []
  const leased = due.map((row): Leased => ({ row, lease: on.random.uuid(), at, begins }))
  const settled = await record(on.ledger, leased.map(intentOf(on)))
  return leased.filter((_, index) => !("moved" in (settled[index] ?? { moved: null })))
}

function intentOf(on: Sending) {
  return ({ row, lease, at }: Leased) => {
    const { id, recipient } = row
    const change = { kind: "leaseDelivery" as const, id, recipient, lease, now: at, until: at + LEASE_MS }
    return sendingAct(on, { action: "NOTIFY", result: "INTENT", decision: "system", id, details: about(row), change })
  }
}

/** Ids, numbers and codes: an address that somebody has given up is none of them. */
function about({ kind, recipient, attempts }: DeliveryRow): string {
  return `kind=${kind} to=${recipient.startsWith(ADDRESS) ? "address" : recipient} attempt=${attempts + 1}`
}

/**
 * Sends what was leased, once, and records what became of it. `lost`: too late, or another sender has it by now.
 * @param channel undefined where this process has none. Rejects only if the outcome cannot be recorded; the lease then
 * runs out and the delivery is sent again
 */
export async function deliver(
  on: Sending,
  channel: Channel,
  leased: Leased,
  publicUrl: string,
  signal: AbortSignal,
): Promise<Attempted> {
  if (on.clock.monotonic() > leased.begins) return "lost"
  const undelivered = await attempt(on, channel, leased.row, publicUrl, signal)
  const cut = signal.aborted && undelivered !== undefined
  const outcome = cut ? asBefore(leased.row) : outcomeOf(leased, undelivered, on.clock.now())
  const [settled] = await record(on.ledger, [settlingAct(on, leased, undelivered, outcome)])
  if (settled === undefined || "moved" in settled) return "lost"
  if ("retryAt" in outcome) return "retry"
  return outcome.done
}

/** The process stops: another, or the next start, sends it at once. It may go out twice, under the same id. */
function asBefore({ dueAt, attempts }: DeliveryRow): DeliveryOutcome {
  return { retryAt: dueAt, attempts, aside: false }
}

function settlingAct(on: Sending, leased: Leased, undelivered: Undelivered | undefined, outcome: DeliveryOutcome) {
  const { row, lease } = leased
  const { id, recipient } = row
  const change = { kind: "settleDelivery" as const, id, recipient, lease, at: on.clock.now(), outcome }
  const gaveUp = "done" in outcome && outcome.done === "given_up"
  return sendingAct(on, {
    action: gaveUp ? "NOTIFY_FAILED" : "NOTIFY",
    result: undelivered === undefined ? "SUCCESS" : "FAILURE",
    decision: undelivered?.code ?? "system",
    id,
    details: about(row),
    change,
  })
}

/** Why somebody cannot be reached at all: trying again would change nothing. */
const FINAL: ReadonlySet<string> = new Set(["no_recipient", "no_address", "bad_address", "row_tampered"])

function outcomeOf({ row, at }: Leased, undelivered: Undelivered | undefined, now: number): DeliveryOutcome {
  if (undelivered === undefined) return { done: "delivered" }
  // A newer one behind it made its line due early. That is a look whether the way is free, and costs no attempt.
  const early = row.dueAt > at
  const attempts = early ? row.attempts : row.attempts + 1
  const wait = (row.kind === "alarm" ? ALARM_RETRIES_MS : RETRIES_MS)[attempts - 1]
  const given = FINAL.has(undelivered.code) || now - row.createdAt >= GIVE_UP_MS
  if (given || (!early && wait === undefined)) return { done: "given_up" }
  return { retryAt: early ? row.dueAt : now + (wait ?? 0), attempts, aside: undelivered.aside }
}

async function attempt(
  on: Sending,
  channel: Channel,
  row: DeliveryRow,
  publicUrl: string,
  signal: AbortSignal,
): Promise<Undelivered | undefined> {
  const { id, kind, facts, createdAt, recipient } = row
  // A newer replica's; it will send it.
  if (!isNoticeKind(kind)) return { code: "unknown_kind", aside: true }
  const to = isProgram(recipient) ? null : await addressOf(on, recipient)
  if (to !== null && "code" in to) return to
  const message: Message = { ...write(kind, facts, publicUrl), id, kind, facts, createdAt, to: to?.address ?? null }
  return channel.deliver(message, signal)
}

/** Read when it is sent: who has left meanwhile hears nothing. A row that fails its code says nothing about anybody. */
async function addressOf(on: Sending, recipient: string): Promise<{ readonly address: string } | Undelivered> {
  if (recipient.startsWith(ADDRESS)) return { address: recipient.slice(ADDRESS.length) }
  let row: PrincipalRow | undefined
  try {
    row = await on.reader.principalById(recipient)
  } catch {
    return { code: "unavailable", aside: false }
  }
  if (row === undefined || row.disabled) return { code: "no_recipient", aside: false }
  if (!principalGenuine(on.keyring().rowsKey, row)) return { code: "row_tampered", aside: false }
  return row.email === null ? { code: "no_address", aside: false } : { address: row.email }
}

/** Keeps what waits within its bound. @returns how many wait */
export async function boundWaiting(on: Sending): Promise<{ readonly waiting: number; readonly dropped: number }> {
  const waiting = await on.reader.deliveriesWaiting()
  if (waiting <= MAX_WAITING) return { waiting, dropped: 0 }
  const dropped = (await recordDropping(on, waiting, MAX_WAITING)) ? waiting - MAX_WAITING : 0
  return { waiting: MAX_WAITING, dropped }
}

/** Deletes what was settled long ago, a bounded number at a time. */
export async function pruneDeliveries(on: Sending): Promise<void> {
  const before = on.clock.now() - KEPT_MS
  if (!(await on.reader.deliveriesPrunable(before))) return
  const details = `notifications_before=${new Date(before).toISOString()}`
  await recordPruning(on, details, [{ kind: "pruneDeliveries", before, limit: PRUNED_AT_ONCE }])
}
