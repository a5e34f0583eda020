import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import { combine } from "../policy/combine.ts"
import { asksBeside, decide, type Permit, type Question } from "../policy/decide.ts"
import type { GrantRow, SecretRow } from "../state/rows.ts"
import type { Spent } from "./act.ts"
import { isLive, leaseVerb, liveLease, spendLease } from "./lease.ts"
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
  const { approval, secondFactor } = asksBeside(view.policies, question)
  if (!approval && !secondFactor) return { by: permitOf(on, view, question) }
  const lease = await leaseFor(on, view, verb, secret)
  const token = await presentedStepUp(on, caller, view, verb, secret.id)
  const covered = lease?.steppedUp === true
  const by = permitOf(on, view, {
    ...question,
    ...(lease === undefined ? {} : { grant: { approvals: lease.approvals } }),
    stepUp: covered || token !== undefined,
  })
  const leased = lease === undefined ? NO_LEASE : spendLease(on, lease)
  const uses = secondFactor && !covered && token !== undefined ? [token] : []
  return { by, spent: { ...leased, steppedUp: secondFactor, changes: [...leased.changes, ...uses] } }
}

/** What is held may have been revoked: then the record transaction says so, and the next round looks for itself. */
async function leaseFor(
  on: Service,
  { principal, policies, round }: View,
  verb: Verb,
  { id, name }: Pick<SecretRow, "id" | "name">,
): Promise<GrantRow | undefined> {
  const least = combine(policies, verb, name).minApprovals
  const held = round === 0 ? on.leases.held(principal.id, id, leaseVerb(verb)) : undefined
  if (held !== undefined && isLive(on, held) && held.approvals >= least) return held
  const found = await liveLease(on, principal.id, id, verb, least)
  if (found !== undefined) on.leases.keep(found)
  return found
}

const NO_LEASE = { grantId: null, grant: null, changes: [] }

/** For what needs no secret yet, and for jobs. */
export function permitFor(on: Service, view: View, verb: Verb, name: SecretName): Permit {
  return permitOf(on, view, questionOf(on, view, verb, name))
}

function permitOf(on: Service, { policies }: View, question: Question): Permit {
  const decision = decide(policies, question)
  if (decision.effect !== "permit") throw refused(on, decision)
  return decision.permit
}
