import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import { combine } from "../policy/combine.ts"
import { decide, type Permit, type Question } from "../policy/decide.ts"
import type { SecretRow } from "../state/rows.ts"
import type { Spent } from "./act.ts"
import { liveLease, spendLease } from "./lease.ts"
import type { View } from "./perform.ts"
import { questionOf, refused } from "./secret.ts"
import type { Caller, Service } from "./service.ts"
import { presentedStepUp } from "./step-up.ts"

/** Policy's consent, and what it leans on beside roles. */
export interface Permission {
  readonly by: Permit
  readonly spent?: Spent
}

/**
 * Everything policy asks: roles, approval, second factor. Grants and step-up tokens are looked for only where policy
 * asks for them, so that an ordinary read costs nothing more. The quota is counted by the record transaction.
 */
export async function permissionFor(
  on: Service,
  caller: Caller,
  view: View,
  verb: Verb,
  secret: Pick<SecretRow, "id" | "name">,
): Promise<Permission> {
  const question = questionOf(on, view, verb, secret.name)
  const plain = decide(view.policies, question)
  if (plain.effect === "permit") return { by: plain.permit }
  if (!plain.missing.includes("approval") && !plain.missing.includes("verification")) throw refused(on, plain)
  const lease = await liveLease(on, view.principal.id, secret.id, verb, approvalsFor(view, verb, secret.name))
  const token = await presentedStepUp(on, caller, view, verb, secret.id)
  const covered = lease?.steppedUp === true
  const answered: Question = {
    ...question,
    ...(lease === undefined ? {} : { grant: { approvals: lease.approvals } }),
    stepUp: covered || token !== undefined,
  }
  const decision = decide(view.policies, answered)
  if (decision.effect !== "permit") throw refused(on, decision)
  const leased = lease === undefined ? NO_LEASE : spendLease(on, lease)
  const steppedUp = plain.missing.includes("verification")
  const uses = steppedUp && !covered && token !== undefined ? [token] : []
  return { by: decision.permit, spent: { ...leased, steppedUp, changes: [...leased.changes, ...uses] } }
}

function approvalsFor({ policies }: View, verb: Verb, name: SecretName): number {
  return combine(policies, verb, name).minApprovals
}

const NO_LEASE = { grantId: null, grant: null, changes: [] }

/** For what needs no secret yet, and for jobs. */
export function permitFor(on: Service, view: View, verb: Verb, name: SecretName): Permit {
  const decision = decide(view.policies, questionOf(on, view, verb, name))
  if (decision.effect !== "permit") throw refused(on, decision)
  return decision.permit
}
