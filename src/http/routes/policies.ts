import { invalidField, parseBody } from "../../api/parse.ts"
import { ExplainBody, PolicyBody, PolicyDeleteBody } from "../../api/policies.ts"
import { TylerError } from "../../core/errors.ts"
import { REASON_MIN, type Reason } from "../../core/reason.ts"
import { deletePolicy, type Made, writePolicy } from "../../operations/policy-change.ts"
import { explainAccess, listPolicies } from "../../operations/policy-read.ts"
import { type PolicyFields, parsePolicyRow } from "../../policy/row.ts"
import type { EffectivePolicy } from "../../policy/effective.ts"
import type { PolicyRow } from "../../state/rows.ts"
import { acceptReason } from "../accept.ts"
import { acceptName } from "../lift.ts"
import { pendingAnswer } from "../request-answer.ts"
import type { Answer, Handler } from "./handlers.ts"

export const policyRoutes = {
  "GET /api/policies": async ({ wiring, caller }) => {
    const set = await listPolicies(wiring.service, caller)
    return { status: 200, body: { policies: set.rows.map(policyAnswer), epoch: set.epoch } }
  },

  "GET /api/policies/:id": async ({ wiring, caller, params }) => {
    const set = await listPolicies(wiring.service, caller)
    const row = set.rows.find(({ id }) => id === params["id"])
    if (row === undefined) throw new TylerError("not_found", { error: "No such policy" })
    return { status: 200, body: policyAnswer(row) }
  },

  "POST /api/policies": async ({ wiring, caller, body }) => {
    const written = await writePolicy(wiring.service, caller, { id: null, ...policyWrite(body) })
    return madeAnswer(201, written, policyAnswer)
  },

  "PUT /api/policies/:id": async ({ wiring, caller, body, params }) => {
    const written = await writePolicy(wiring.service, caller, { id: params["id"] ?? "", ...policyWrite(body) })
    return madeAnswer(200, written, policyAnswer)
  },

  "DELETE /api/policies/:id": async ({ wiring, caller, body, params }) => {
    const reason = acceptReason(parseBody(PolicyDeleteBody, body).reason, REASON_MIN)
    const deleted = await deletePolicy(wiring.service, caller, params["id"] ?? "", reason)
    return madeAnswer(200, deleted, () => ({ message: "Policy deleted" }))
  },

  "POST /api/policies/explain": async ({ wiring, caller, body }) => {
    const { principal, verb, secret } = parseBody(ExplainBody, body)
    const name = acceptName(secret, wiring.service.settings.nameLimit)
    const explained = await explainAccess(wiring.service, caller, {
      username: principal ?? null,
      verb,
      name,
    })
    const { decision, effective } = explained
    return {
      status: 200,
      body: {
        principal: explained.username,
        verb,
        secret,
        effect: decision.effect,
        reasons: decision.reasons,
        policy: effectiveAnswer(effective),
      },
    }
  },
} satisfies Record<string, Handler>

function madeAnswer<T>(status: number, made: Made<T>, answer: (made: T) => object): Answer {
  if ("pending" in made) return { status: 202, body: pendingAnswer(made.pending) }
  return { status, body: answer(made.made) }
}

/** The wire schema says the same; `parsePolicyRow` is what the set itself holds to. */
function policyWrite(body: unknown): { readonly fields: PolicyFields; readonly reason: Reason } {
  const { reason, ...given } = parseBody(PolicyBody, body)
  const parsed = parsePolicyRow(given)
  if ("fault" in parsed) throw invalidField(`/${parsed.fault.field}`, `must be ${parsed.fault.rule}`)
  return { fields: parsed.fields, reason: acceptReason(reason, REASON_MIN) }
}

/** The wire's part of what all matching rows come to. */
export function effectiveAnswer(effective: EffectivePolicy): object {
  const { patterns, allowedRoles, requiresMfa, requiresApproval, maxAccessPerDay } = effective
  return { patterns, allowedRoles, requiresMfa, requiresApproval, maxAccessPerDay }
}

function policyAnswer(row: PolicyRow): object {
  const { createdAt, updatedAt, ...rest } = row
  return { ...rest, createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() }
}
