import { TylerError } from "../core/errors.ts"
import { issueReceipt, type Receipt } from "../core/receipt.ts"
import type { Change, Conflict } from "../state/change.ts"
import type { EntryRow } from "../state/rows.ts"

/** An entry before the transaction gives it its place, its quota use and its leaf hash. */
export type Draft = Omit<EntryRow, "index" | "leafHash" | "quotaUse" | "erasedBy" | "commitment">

/**
 * One use of a value, counted inside the transaction for (principal, secret, UTC day) and, where that has a limit, for
 * (principal, UTC day).
 */
export interface QuotaClaim {
  readonly principalId: string
  readonly secretId: string
  /** `2026-11-24` */
  readonly day: string
  /** null: no limit. */
  readonly perSecret: number | null
  readonly perPerson: number | null
}

/**
 * One durable act: what was decided on (epochs and revisions, compared with the rows themselves under the head lock),
 * what it changes, and its entry. All of it becomes durable together or none of it.
 */
export interface Act {
  readonly entry: Draft
  readonly policyEpoch: number | null
  /** Also requires that the principal is not disabled. */
  readonly principal: { readonly id: string; readonly epoch: number } | null
  readonly secret: { readonly id: string; readonly revision: number } | null
  /** The lease it was decided on must still stand as it was. */
  readonly grant: { readonly id: string; readonly revision: number } | null
  readonly quota: QuotaClaim | null
  readonly changes: readonly Change[]
}

/** What stood in the way; nothing of the act was done. */
export type Moved =
  | { readonly kind: "policy" }
  | { readonly kind: "principal" }
  | { readonly kind: "secret" }
  | { readonly kind: "grant" }
  | { readonly kind: "quota"; readonly scope: "secret" | "person"; readonly limit: number; readonly used: number }
  | { readonly kind: "conflict"; readonly conflict: Conflict }

export interface Recorded {
  readonly index: number
  readonly leafHash: Uint8Array
  /** Signed after the commit, over a tree that holds the entry. */
  readonly checkpoint: string
  /** Uses including this one, the person's 0 without a limit; null when the act claimed no quota. */
  readonly quota: { readonly secret: number; readonly person: number } | null
}

export type Outcome = Recorded | { readonly moved: Moved }

/**
 * The one writer of a process. `recordAll` resolves when the transaction that holds all of `acts` is durable: on
 * SQLite after fsync, on PostgreSQL after commit. Acts are judged one by one and in order; one that moved is left out,
 * the others stand. Acts of one call share one transaction; calls that wait together are grouped.
 * Rejects with TylerError `unavailable` if the transaction may not have become durable, `rolled_back` if the log may
 * not be appended to.
 */
export interface LedgerWriter {
  recordAll(acts: readonly Act[]): Promise<readonly Outcome[]>
  /** Finishes what waits, then stops. */
  close(): Promise<void>
}

export type Settled = { readonly receipt: Receipt; readonly quota: Recorded["quota"] } | { readonly moved: Moved }

/** The only place that turns a durable outcome into the evidence that doors ask for. */
export async function record(writer: LedgerWriter, acts: readonly Act[]): Promise<readonly Settled[]> {
  const outcomes = await writer.recordAll(acts)
  if (outcomes.length !== acts.length) throw new TylerError("unavailable", {}, "the ledger answered another count")
  return outcomes.map((outcome) =>
    "moved" in outcome ? outcome : { receipt: issueReceipt(outcome), quota: outcome.quota },
  )
}
