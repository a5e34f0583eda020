import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import type { Decision } from "./decide.ts"
import type { PolicySet } from "./document.ts"

/** A decision in plain words, one line for each rule that had a say: which rule, what it says, what would change it. */
export function explain(decision: Decision): readonly string[] {
  return decision.reasons.map(({ rule, pattern, says, change }) => {
    const line = `${rule} (${pattern}) ${says}`
    return change === undefined ? line : `${line}; what would change it: ${change}`
  })
}

/** What all rows together come to for one verb and name, for people. */
export interface EffectivePolicy {
  readonly policyIds: readonly string[]
  readonly patterns: readonly string[]
  /** Empty: nobody. */
  readonly allowedRoles: readonly string[]
  readonly requiresMfa: boolean
  readonly requiresApproval: boolean
  /** null: no limit. */
  readonly maxAccessPerDay: number | null
  readonly workloadMaxAccessPerDay: number | null
  readonly minApprovals: number
  readonly grantMinutes: number
}

export function effectivePolicy(set: PolicySet, verb: Verb, name: SecretName): EffectivePolicy {
  const asked = set.requirements(verb, name)
  return {
    policyIds: asked.policyIds,
    patterns: asked.rules.map(({ row }) => row.secretPattern),
    allowedRoles: asked.roles,
    requiresMfa: asked.mfaRules.length > 0,
    requiresApproval: asked.approvalRules.length > 0,
    maxAccessPerDay: asked.perDay.person,
    workloadMaxAccessPerDay: asked.perDay.program,
    minApprovals: asked.minApprovals,
    grantMinutes: asked.grantMinutes,
  }
}
