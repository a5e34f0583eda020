import type { Outlook } from "../../api/seen.ts"
import type { SeenItem } from "./seen.ts"
import { keepsPrevious } from "./told.ts"

/** Each with what the summary calls it, and whether nothing is left to be done about it. */
export const DIDS = {
  rotated: { says: "replaced now", settled: true },
  started: { says: "being rotated", settled: true },
  would: { says: "would be rotated", settled: true },
  replaced: { says: "good no more already", settled: true },
  unfinished: { says: "not rotated yet, going on", settled: false },
  failed: { says: "not rotated: it failed", settled: false },
  cannot: { says: "that cannot be rotated from here", settled: false },
} as const
export type Did = keyof typeof DIDS

/** What became of one secret that was to be rotated. */
export interface Ended {
  readonly did: Did
  readonly rotationId?: string
  /** Of what is not settled: a code of the server's or of a fault at the target. */
  readonly code?: string
  readonly why?: string
}

/** What became of one version that was seen. */
export interface LeakOutcome extends SeenItem, Ended {
  /** Of one that was current and was rotated: it is still good at its target, until the next rotation. */
  readonly stillGood: boolean
}

/** Why one that may still be good is not rotated from here. */
const WHY: Readonly<Partial<Record<Outlook, string>>> = {
  no_schedule: "no strategy is set: replace it by hand, or tyler rotation set",
  used_elsewhere: "its value is used where this server cannot put another: tyler rotate NAME, and put it there",
  forbidden: "you may not rotate it",
  version_pending: "it is being rotated in: once it is current, run this again",
  secret_pending_deletion: "it awaits deletion and is not rotated; its value may be good where it was used",
  gone: "it is not here any more; its value may be good where it was used",
}

/** What needs no rotation to be known. @returns undefined for what can be rotated */
export function settledAlready({ outlook: code }: SeenItem): Ended | undefined {
  if (code === "rotatable") return undefined
  if (code === "replaced") return { did: "replaced" }
  return { did: "cannot", code, why: WHY[code] ?? "this server says that it cannot be rotated" }
}

export function outcomeOf(item: SeenItem, ended: Ended, revoked: boolean): LeakOutcome {
  const stays = ended.did === "rotated" || ended.did === "started" || ended.did === "would"
  const stillGood = stays && item.stage === "current" && keepsPrevious(item.strategy, revoked)
  return { ...item, ...ended, stillGood }
}

export function countsText(outcomes: readonly LeakOutcome[]): string {
  const parts = Object.entries(DIDS).flatMap(([did, { says }]) => {
    const count = outcomes.filter((one) => one.did === did).length
    return count === 0 ? [] : [`${count} ${says}`]
  })
  return parts.length === 0 ? "nothing was seen" : parts.join(", ")
}
