import { DAY_MS } from "../core/clock.ts"
import type { PrincipalRow } from "../state/rows.ts"

/** How long somebody who made or changed an account has no say together with it. */
export const BAR_MS = 7 * DAY_MS

export type Bar =
  | "own_request"
  | "own_program"
  | "made_by_requester"
  | "made_requester"
  | "changed_by_requester"
  | "changed_requester"

/** What an auditor should know about an approval that stands. */
export interface Ties {
  readonly approverCreatedByRequester: boolean
  readonly requesterCreatedByApprover: boolean
}

/** Who answers for a request: the person, or for a program its owner as well. */
export interface Asking {
  readonly requester: PrincipalRow
  /** Of a program; undefined for a person. */
  readonly owner: PrincipalRow | undefined
}

/**
 * Why this person may not decide this request, whatever his roles: nobody approves his own, and an account that one
 * person made up, or took over by a new role, password or factor, is not yet a second person. In both directions: an
 * admin could as well make the requester, or take his account.
 * @param now milliseconds since 1970 UTC
 */
export function barOf(asking: Asking, approver: PrincipalRow, now: number): Bar | undefined {
  const { requester, owner } = asking
  if (approver.id === requester.id) return "own_request"
  if (owner !== undefined && approver.id === owner.id) return "own_program"
  for (const one of people(asking)) {
    if (madeBy(approver, one) && isNew(approver, now)) return "made_by_requester"
    if (madeBy(one, approver) && isNew(one, now)) return "made_requester"
    if (lately(approver, one, now)) return "changed_by_requester"
  }
  if ([requester, owner].some((one) => one !== undefined && lately(one, approver, now))) return "changed_requester"
  return undefined
}

/** What stays true for good: an auditor sees it beside the approval. */
export function tiesOf(asking: Asking, approver: PrincipalRow): Ties {
  return {
    approverCreatedByRequester: people(asking).some((one) => madeBy(approver, one)),
    requesterCreatedByApprover: people(asking).some((one) => madeBy(one, approver)),
  }
}

function people({ requester, owner }: Asking): readonly PrincipalRow[] {
  return requester.kind === "person" ? [requester] : owner === undefined ? [] : [owner]
}

function madeBy(made: PrincipalRow, maker: PrincipalRow): boolean {
  return made.ownerId === maker.id
}

function isNew(row: PrincipalRow, now: number): boolean {
  return now < row.createdAt + BAR_MS
}

function lately(changed: PrincipalRow, by: PrincipalRow, now: number): boolean {
  return changed.changedBy.some((change) => change.by === by.id && now < change.at + BAR_MS)
}

/** Most changes an account remembers. */
const REMEMBERED = 32

/** The row's list with one more change by somebody else; what no longer bars anybody is left out. */
export function changedBy(row: PrincipalRow, by: string, now: number): PrincipalRow["changedBy"] {
  if (by === row.id) return row.changedBy
  const kept = row.changedBy.filter((change) => change.by !== by && now < change.at + BAR_MS)
  return [...kept.slice(-(REMEMBERED - 1)), { by, at: now }]
}
