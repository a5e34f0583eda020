import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import { newTicket, openTicket, type TicketUse, ticketUseId } from "../identity/ticket.ts"
import type { Change } from "../state/change.ts"
import type { PrincipalRow } from "../state/rows.ts"
import type { Spent } from "./act.ts"
import { draftEntry } from "./entry.ts"
import { leaseVerb } from "./lease.ts"
import { perform, type View } from "./perform.ts"
import { type FactorDesk, personRow, type Shown, showFactor } from "./second-factor.ts"
import { findSecret } from "./secret.ts"
import type { Caller, Service } from "./service.ts"

/** How long a step-up token is good for. */
export const STEP_UP_MS = 5 * 60_000
/** Verbs that policy can ask a second factor for; `read` covers reveal. */
export const STEP_UP_VERBS = ["read", "write", "delete", "rotate", "purge"] as const
/** One act of administration, or upon one's own account. */
export const GOVERN = "govern"

export type StepUpVerb = (typeof STEP_UP_VERBS)[number] | typeof GOVERN

export interface StepUpRequest {
  readonly verb: StepUpVerb
  /** 1 to 50 for a secret's verb; none for `govern`. */
  readonly names: readonly SecretName[]
  readonly shown: Shown
}

export interface StepUp {
  readonly token: string
  readonly expiresAt: number
}

const PREFIX = "tyv_"

/**
 * Shows a second factor for certain secrets and one verb. The token works once for each of them, for this person in this
 * session, while the factors stay as they are. Policy is asked before existence, as everywhere.
 */
export function stepUp(on: Service, desk: FactorDesk, caller: Caller, ask: StepUpRequest): Promise<StepUp> {
  const about = { action: "STEP_UP", resourceType: "user", resourceName: caller.principal.id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const row = await personRow(on, view)
      if (row.mustEnrol && ask.verb !== GOVERN)
        throw new TylerError("verification_required", {
          requiresEnrolment: true,
          error: "Your account was reset: enrol a second factor anew first",
        })
      const ids = await idsOf(on, view, ask)
      const { principal } = view
      const shown = await showFactor(on, desk, { row, sessionId: principal.sessionId ?? "" }, "verify", ask.shown)
      const expiresAt = on.expiryNow() + STEP_UP_MS
      const payload = ids.join("+")
      const { text } = newTicket(on.keyring().rowsKey, useOf(view, row, ask.verb), { expiresAt, payload }, on.random)
      const details = `verb=${ask.verb} factor=${shown.kind}${ids.length === 0 ? "" : ` secrets=${payload}`}`
      return {
        act: {
          entry: draftEntry(on, principal, caller.origin, about, { result: "SUCCESS", decision: shown.kind, details }),
          policyEpoch: view.policies.epoch,
          principal: { id: principal.id, epoch: principal.epoch },
          secret: null,
          grant: null,
          quota: null,
          changes: shown.changes,
        },
        done: () => ({ token: PREFIX + text, expiresAt }),
      }
    },
  })
}

async function idsOf(on: Service, view: View, { verb, names }: StepUpRequest): Promise<string[]> {
  if (verb === GOVERN) return []
  const ids: string[] = []
  for (const name of names) ids.push((await findSecret(on, view, verb, { name }, "accepted")).secret.id)
  return ids
}

/** Of the factors as they are: with any change of them all tokens die, for one may have been shown that is lost. */
function useOf({ principal }: View, { factorEpoch }: PrincipalRow, verb: string): TicketUse {
  return { purpose: `step_up:${verb}`, holder: [principal.id, principal.sessionId ?? "", String(factorEpoch)] }
}

/** The change that uses the caller's token up for this verb and secret; undefined if it is good for nothing here. */
export async function presentedStepUp(
  on: Service,
  caller: Caller,
  view: View,
  verb: Verb | typeof GOVERN,
  secretId: string,
): Promise<Change | undefined> {
  const { verification } = caller
  if (verification === null || !verification.startsWith(PREFIX) || view.principal.kind !== "person") return undefined
  const use = useOf(view, await personRow(on, view), verb === GOVERN ? GOVERN : leaseVerb(verb))
  const ticket = openTicket(on.keyring().rowsKey, use, verification.slice(PREFIX.length), on.expiryNow())
  if (ticket === undefined || !(verb === GOVERN || ticket.payload.split("+").includes(secretId))) return undefined
  const id = ticketUseId(ticket, secretId)
  return (await on.reader.usedOnce(id)) ? undefined : { kind: "useOnce", id, expiresAt: ticket.expiresAt }
}

/** One act of administration takes one token. @throws TylerError `verification_required` */
export async function spendGovern(on: Service, caller: Caller, view: View): Promise<Spent> {
  const change = await presentedStepUp(on, caller, view, GOVERN, "")
  if (change === undefined)
    throw new TylerError("verification_required", {
      requiresToken: true,
      verb: GOVERN,
      error: "Show a second factor first: POST /api/auth/verify with the verb govern",
    })
  return { grantId: null, grant: null, steppedUp: true, changes: [change] }
}
