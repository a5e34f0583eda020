import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import { type PolicySet, type Rule, rolesFor } from "./document.ts"

/** What all rows together ask of one verb on one name. */
export interface Requirements {
  /** Rows that took part. */
  readonly policyIds: readonly string[]
  /** Who may; empty: nobody. */
  readonly roles: readonly string[]
  /** Rules that had a say in the roles. */
  readonly roleRules: readonly Rule[]
  readonly mfaRules: readonly Rule[]
  readonly approvalRules: readonly Rule[]
  /** Least of the rows' limits; null: none. */
  readonly perDay: number | null
  readonly workloadPerDay: number | null
  readonly minApprovals: number
  readonly grantMinutes: number
}

/**
 * Policies tighten: roles intersect, MFA and approval are any, limits the least, approvals the most. A row with
 * `replaces_roles` overrules the roles of less specific rows, and nothing else of them. `unmatched` gives the roles when
 * no matching row names any; whatever else it asks then holds too.
 */
export function combine(set: PolicySet, verb: Verb, name: SecretName): Requirements {
  const matched = set.matching(name)
  const naming = matched.filter(({ row }) => rolesFor(row, verb) !== null)
  const fallback = naming.length === 0 && set.unmatched !== undefined ? [set.unmatched] : []
  const rules = [...matched, ...fallback]
  const roleRules = withoutReplaced([...naming, ...fallback])
  return {
    policyIds: rules.map(({ row }) => row.id),
    roles: intersect(roleRules.map(({ row }) => rolesFor(row, verb) ?? [])),
    roleRules,
    mfaRules: rules.filter(({ row }) => row.requiresMfa),
    approvalRules: rules.filter(({ row }) => row.requiresApproval),
    perDay: least(rules.map(({ row }) => row.maxAccessPerDay)),
    workloadPerDay: least(rules.map(({ row }) => row.workloadMaxAccessPerDay)),
    minApprovals: Math.max(1, ...rules.map(({ row }) => row.minApprovals)),
    grantMinutes: Math.min(...rules.map(({ row }) => row.grantMinutes), 10_080),
  }
}

/** Keeps the rows no more specific `replaces_roles` row overrules. Equal rows never replace each other. */
function withoutReplaced(rules: readonly Rule[]): readonly Rule[] {
  const replacing = rules.filter(({ row }) => row.replacesRoles).map(({ pattern }) => pattern.specificity)
  const bar = Math.max(-1, ...replacing)
  return rules.filter(({ pattern }) => pattern.specificity >= bar)
}

function intersect(lists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...rest] = lists
  return first.filter((role) => rest.every((list) => list.includes(role)))
}

function least(limits: readonly (number | null)[]): number | null {
  const named = limits.filter((limit) => limit !== null)
  return named.length === 0 ? null : Math.min(...named)
}
