import { parseBody } from "../../api/parse.ts"
import { ExplainBody } from "../../api/policies.ts"
import type { Verb } from "../../core/verb.ts"
import { explainAccess, listPolicies } from "../../operations/policy-read.ts"
import type { Reason } from "../../policy/decide.ts"
import type { Requirements } from "../../policy/combine.ts"
import type { PolicySet } from "../../policy/document.ts"
import type { PolicyRow } from "../../state/rows.ts"
import { acceptName } from "../lift.ts"
import type { Handler } from "./handlers.ts"

export const policyRoutes = {
  "GET /api/policies": async ({ wiring, caller }) => {
    const set = await listPolicies(wiring.service, caller)
    return { status: 200, body: { policies: set.rows.map(policyAnswer), epoch: set.epoch } }
  },

  "POST /api/policies/explain": async ({ wiring, caller, body }) => {
    const { principal, verb, secret } = parseBody(ExplainBody, body)
    const name = acceptName(secret, wiring.service.settings.nameLimit)
    const explained = await explainAccess(wiring.service, caller, {
      username: principal ?? null,
      verb: verb as Verb,
      name,
    })
    const { decision, policies, requirements } = explained
    const code = decision.effect === "permit" ? "permit" : decision.code
    return {
      status: 200,
      body: {
        principal: explained.username,
        verb,
        secret,
        effect: decision.effect,
        reasons: decision.reasons.map((reason) => reasonAnswer(reason, code)),
        policy: effectiveAnswer(policies, requirements),
      },
    }
  },
} satisfies Record<string, Handler>

function reasonAnswer(reason: Reason, code: string): object {
  const builtIn = reason.rule === "built-in"
  return {
    code,
    policyId: builtIn ? null : reason.rule,
    pattern: builtIn ? null : reason.pattern,
    text: reason.says,
    change: reason.change === "" ? null : reason.change,
  }
}

export function effectiveAnswer(policies: PolicySet, asked: Requirements): object {
  const patterns = policies.rows.filter((row) => asked.policyIds.includes(row.id)).map((row) => row.secretPattern)
  return {
    patterns,
    allowedRoles: asked.roles,
    requiresMfa: asked.mfaRules.length > 0,
    requiresApproval: asked.approvalRules.length > 0,
    maxAccessPerDay: asked.perDay,
  }
}

function policyAnswer(row: PolicyRow): object {
  const { createdAt, updatedAt, ...rest } = row
  return { ...rest, createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() }
}
