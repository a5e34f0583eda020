import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import { combine } from "./combine.ts"
import type { PolicySet } from "./document.ts"

/** What all matching rows come to for one verb and name, for people. */
export interface EffectivePolicy {
  readonly patterns: readonly string[]
  /** Empty: nobody. */
  readonly allowedRoles: readonly string[]
  readonly requiresMfa: boolean
  readonly requiresApproval: boolean
  /** null: no limit. */
  readonly maxAccessPerDay: number | null
}

export function effectivePolicy(set: PolicySet, verb: Verb, name: SecretName): EffectivePolicy {
  const asked = combine(set, verb, name)
  return {
    patterns: asked.rules.map(({ row }) => row.secretPattern),
    allowedRoles: asked.roles,
    requiresMfa: asked.mfaRules.length > 0,
    requiresApproval: asked.approvalRules.length > 0,
    maxAccessPerDay: asked.perDay,
  }
}
