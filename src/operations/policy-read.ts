import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { ADMIN, AUDITOR, isHalf } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import { parseUsername } from "../identity/username.ts"
import { type Asker, type Decision, decide } from "../policy/decide.ts"
import type { PolicySet } from "../policy/document.ts"
import { type EffectivePolicy, effectivePolicy } from "../policy/effective.ts"
import { actOf } from "./act.ts"
import { perform, type View } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/** The rows are no secret from those they govern: an answer that names a rule must be checkable. */
export function listPolicies(on: Service, caller: Caller): Promise<PolicySet> {
  const about = { action: "POLICY_LIST", resourceType: "policy", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      if (isHalf(view.principal.assurance)) throw new TylerError("forbidden")
      return { act: actOf(on, caller, view, about, { by: "any" }), done: () => view.policies }
    },
  })
}

export interface Explained {
  readonly username: string
  readonly decision: Decision
  readonly effective: EffectivePolicy
}

export interface ExplainRequest {
  /** Null: about the caller. */
  readonly username: string | null
  readonly verb: Verb
  readonly name: SecretName
}

/** What `decide` would say, and why. About somebody else only for admins and auditors. */
export function explainAccess(on: Service, caller: Caller, ask: ExplainRequest): Promise<Explained> {
  const about = { action: "POLICY_EXPLAIN", resourceType: "secret", resourceName: ask.name, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const asker = ask.username === null ? view.principal : await other(on, view, ask.username)
      const question = { verb: ask.verb, name: ask.name, principal: asker, mfaIgnored: on.settings.mfaIgnored }
      const decision = decide(view.policies, question)
      const effective = effectivePolicy(view.policies, ask.verb, ask.name)
      const explained = {
        username: ask.username ?? view.principal.name,
        decision,
        effective,
      }
      return { act: actOf(on, caller, view, about, { by: "any" }), done: () => explained }
    },
  })
}

async function other(on: Service, view: View, username: string): Promise<Asker> {
  const { roles, assurance } = view.principal
  if (isHalf(assurance) || !(roles.includes(ADMIN) || roles.includes(AUDITOR)))
    throw new TylerError("forbidden", { requires: "role admin or auditor" })
  const parsed = parseUsername(username)
  const row = "name" in parsed ? await on.reader.principalByName(parsed.name) : undefined
  if (row === undefined) throw new TylerError("not_found", { error: "No such user or service account" })
  return {
    id: row.id,
    kind: row.kind,
    roles: row.disabled ? [] : row.roles,
    assurance: row.kind === "person" ? "password" : "token",
  }
}
