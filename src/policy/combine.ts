import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import type { PolicySet } from "./document.ts"
import { dailyLimit, type Rule, rolesFor } from "./rule.ts"

/** What all rows together ask of one verb on one name. */
export interface Requirements {
  /** Rows that took part, the most specific first. */
  readonly rules: readonly Rule[]
  readonly policyIds: readonly string[]
  /** Who may; empty: nobody. */
  readonly roles: readonly string[]
  /** Rules that had a say in the roles. */
  readonly roleRules: readonly Rule[]
  /** Rules that name the programs that may. */
  readonly workloadRules: readonly Rule[]
  readonly mfaRules: readonly Rule[]
  readonly approvalRules: readonly Rule[]
  /** Unmasked reads of one secret per person and UTC day; null: no limit. */
  readonly perDay: number | null
  /** The same for a program. */
  readonly workloadPerDay: number | null
  readonly minApprovals: number
  /** Who may approve; empty: nobody. */
  readonly approverRoles: readonly string[]
  readonly grantMinutes: number
}

/** Longest life of a grant: seven days. */
export const GRANT_MINUTES_MAX = 10_080

/** What was combined before, by the rules' own array: a set gives names with the same rules the same array. */
const combined = new WeakMap<readonly Rule[], Map<Verb, Requirements>>()

/**
 * Policies tighten: roles intersect, approvers too, MFA and approval are any, limits the least, approvals the most. A
 * row with `replaces_roles` overrules the roles of less specific rows, and nothing else of them. `unmatched` takes part,
 * with all it asks, when no matching row names roles for the verb; otherwise it has no say at all.
 */
export function combine(set: PolicySet, verb: Verb, name: SecretName): Requirements {
  const matching = set.matching(name)
  const byVerb = combined.get(matching) ?? new Map<Verb, Requirements>()
  const known = byVerb.get(verb)
  if (known !== undefined) return known
  const asked = combineRules(matching, set.unmatched, verb)
  combined.set(matching, byVerb.set(verb, asked))
  return asked
}

function combineRules(matching: readonly Rule[], unmatched: readonly Rule[], verb: Verb): Requirements {
  const naming = matching.filter(({ row }) => rolesFor(row, verb) !== null)
  const fallback = naming.length === 0 ? unmatched : []
  const rules = [...matching, ...fallback]
  const roleRules = withoutReplaced([...naming, ...fallback])
  const rows = rules.map(({ row }) => row)
  const roles = intersect(roleRules.map(({ row }) => rolesFor(row, verb) ?? []))
  return {
    rules,
    policyIds: rows.map(({ id }) => id),
    roles,
    roleRules,
    workloadRules: rules.filter(({ row }) => row.allowedWorkloads !== null),
    mfaRules: rules.filter(({ row }) => row.requiresMfa),
    approvalRules: rules.filter(({ row }) => row.requiresApproval),
    perDay: least(rows.map((row) => dailyLimit(row, "person"))),
    workloadPerDay: least(rows.map((row) => dailyLimit(row, "program"))),
    minApprovals: rows.reduce((most, { minApprovals }) => Math.max(most, minApprovals), 1),
    approverRoles: approversOf(rows) ?? roles,
    grantMinutes: rows.reduce((fewest, { grantMinutes }) => Math.min(fewest, grantMinutes), GRANT_MINUTES_MAX),
  }
}

/** Undefined: no row names any. One that asks for approval and names none leaves it to those it allows. */
function approversOf(rows: readonly PolicyRow[]): readonly string[] | undefined {
  const lists = rows.map((row) => row.approverRoles ?? (row.requiresApproval ? row.allowedRoles : null))
  const named = lists.filter((list) => list !== null)
  return named.length === 0 ? undefined : intersect(named)
}

/** Drops what a more specific `replaces_roles` row overrules. Equal rows never replace each other. */
function withoutReplaced(rules: readonly Rule[]): readonly Rule[] {
  const bar = rules.reduce(
    (most, { row, pattern }) => (row.replacesRoles ? Math.max(most, pattern.specificity) : most),
    0,
  )
  return rules.filter(({ pattern }) => pattern.specificity >= bar)
}

function intersect(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...rest] = lists
  return first.filter((role) => rest.every((list) => list.includes(role)))
}

function least(limits: readonly (number | null)[]): number | null {
  return limits.reduce(
    (least, limit) => (least === null || limit === null ? (least ?? limit) : Math.min(least, limit)),
    null,
  )
}
