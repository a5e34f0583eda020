import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import { combine } from "./combine.ts"
import { APPROVAL_VERBS, COUNTED_VERBS, MFA_VERBS } from "./decide.ts"
import type { PolicySet } from "./document.ts"

/** What must be true of whoever uses a verb on a name: each part by itself, so that two sets can be compared. */
export interface Terms {
  /** One of these; empty: nobody. */
  readonly roles: readonly string[]
  /** Programs that may, by id; null: any that has a role. */
  readonly programs: readonly string[] | null
  readonly secondFactor: boolean
  /** null: none is asked. */
  readonly approval: ApprovalTerms | null
  /** Unmasked reads per person, secret and UTC day; null: no limit, or a verb that does not count. */
  readonly perDay: number | null
  readonly programPerDay: number | null
}

export interface ApprovalTerms {
  readonly least: number
  /** Empty: nobody can approve. */
  readonly approvers: readonly string[]
  /** Life of a grant. */
  readonly minutes: number
}

/** Production holds every purge to a second factor and a second person, whatever the rows ask. */
export interface Guard {
  readonly purgeGuarded?: boolean
}

export function termsOf(set: PolicySet, verb: Verb, name: SecretName, { purgeGuarded }: Guard = {}): Terms {
  const asked = combine(set, verb, name)
  const guarded = verb === "purge" && purgeGuarded === true
  const { minApprovals: least, approverRoles: approvers, grantMinutes: minutes } = asked
  const approved = guarded || (APPROVAL_VERBS.has(verb) && asked.approvalRules.length > 0)
  const counted = COUNTED_VERBS.has(verb)
  return {
    roles: asked.roles,
    programs: shared(asked.workloadRules.map(({ row }) => row.allowedWorkloads ?? [])),
    secondFactor: guarded || (MFA_VERBS.has(verb) && asked.mfaRules.length > 0),
    approval: approved ? { least, approvers, minutes } : null,
    perDay: counted ? asked.perDay : null,
    programPerDay: counted ? asked.workloadPerDay : null,
  }
}

function shared(lists: readonly (readonly string[])[]): readonly string[] | null {
  const [first, ...rest] = lists
  return first === undefined ? null : first.filter((id) => rest.every((list) => list.includes(id)))
}

/** A part of the terms that can get easier. */
export const EASES = [
  "roles",
  "programs",
  "second_factor",
  "approval",
  "approvals",
  "approvers",
  "grant_minutes",
  "per_day",
  "program_per_day",
] as const
export type Ease = (typeof EASES)[number]

const EASIER: Readonly<Record<Ease, (before: Terms, after: Terms) => boolean>> = {
  roles: (before, after) => !within(after.roles, before.roles),
  programs: (before, after) => before.programs !== null && !(after.programs && within(after.programs, before.programs)),
  second_factor: (before, after) => before.secondFactor && !after.secondFactor,
  approval: (before, after) => before.approval !== null && after.approval === null,
  approvals: bothApprove((before, after) => after.least < before.least),
  approvers: bothApprove((before, after) => !within(after.approvers, before.approvers)),
  grant_minutes: bothApprove((before, after) => after.minutes > before.minutes),
  per_day: (before, after) => (after.perDay ?? Infinity) > (before.perDay ?? Infinity),
  program_per_day: (before, after) => (after.programPerDay ?? Infinity) > (before.programPerDay ?? Infinity),
}

/**
 * The parts in which the new terms ask less. Each part is judged by itself, even where another part lets nobody pass:
 * otherwise a change that shuts everybody out and drops the approval, and then one that lets people in again, would
 * each pass as no loosening, and together take the approval away. So a chain of changes that ease nothing ends with
 * terms that ask at least as much in every part.
 */
export function easier(before: Terms, after: Terms): readonly Ease[] {
  return EASES.filter((part) => EASIER[part](before, after))
}

function bothApprove(easier: (before: ApprovalTerms, after: ApprovalTerms) => boolean) {
  return (before: Terms, after: Terms): boolean =>
    before.approval !== null && after.approval !== null && easier(before.approval, after.approval)
}

function within(few: readonly string[], many: readonly string[]): boolean {
  return few.every((one) => many.includes(one))
}
