import { type Asking, barOf, type Bar, tiesOf } from "../approval/bar.ts"
import { accessApproveDetails } from "../audit/approval-details.ts"
import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Reason } from "../core/reason.ts"
import { decisionGenuine, decisionMac } from "../identity/row-mac.ts"
import { combine } from "../policy/combine.ts"
import type { Change } from "../state/change.ts"
import type { AccessRequestRow, DecisionRow, GrantRow, PrincipalRow } from "../state/rows.ts"
import { genuine } from "./accounts.ts"
import { actOf } from "./act.ts"
import { applyGoverned, subjectOf } from "./governed-change.ts"
import { askingOf, rolesDecide } from "./deciders.ts"
import { grantsOf } from "./grants-of.ts"
import { perform, type View } from "./perform.ts"
import { genuineRequest, movedRequest, stateOf } from "./request-access.ts"
import { tellInEffect, tellRequester } from "./request-notices.ts"
import {
  type FactorDesk,
  genuineFactors,
  type JudgedFactor,
  personRow,
  type Shown,
  showFactor,
} from "./second-factor.ts"
import type { Caller, Service } from "./service.ts"
import { HERE, recordTampering } from "./service-entries.ts"

export interface Decided {
  readonly request: AccessRequestRow
  readonly grants: readonly GrantRow[]
  readonly approvals: number
}

export interface Approval {
  readonly id: string
  /** What the approver shows: a passkey's signature if he has one, else a code, else nothing. */
  readonly shown: Shown | undefined
}

/**
 * One person's consent. An approver with a passkey signs the request's digest, so that the log proves offline who
 * consented to what; one with codes shows a code. With the last approval that is needed the grants begin, or the change
 * is made, in the same act.
 */
export function approveRequest(on: Service, desk: FactorDesk, caller: Caller, ask: Approval): Promise<Decided> {
  const about = { action: "ACCESS_APPROVE", resourceType: "request", resourceName: ask.id, reason: null }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const { request, approver, asking } = await openFor(on, view, ask.id)
      const factor = await showWhatThereIs(on, desk, view, approver, request, ask.shown)
      const approvals = (await approvalsOf(on, request)) + 1
      const enough = approvals >= request.needed
      const outcome = enough
        ? await carryOut(on, view, request, asking, approvals)
        : { grants: [], changes: [], facts: {} }
      const { approverCreatedByRequester, requesterCreatedByApprover } = tiesOf(asking, approver)
      const details = accessApproveDetails({
        digest: request.digest,
        ...(factor?.signed === undefined ? {} : { signed: factor.signed }),
        facts: {
          approvals: `${approvals}/${request.needed}`,
          ...(approverCreatedByRequester ? { approverCreatedByRequester: "true" } : {}),
          ...(requesterCreatedByApprover ? { requesterCreatedByApprover: "true" } : {}),
          ...outcome.facts,
        },
      })
      const moved = movedRequest(on, request, enough ? "approved" : "pending")
      const changes: Change[] = [
        ...(factor?.changes ?? []),
        decision(on, request, approver, "approve"),
        moved,
        ...outcome.changes,
        ...(enough ? tellRequester(on, request, approver.name, "approved") : []),
      ]
      return {
        act: actOf(on, caller, view, about, { by: factor?.kind ?? "approver", details, changes }),
        done: () => ({ request: rowOf(moved), grants: outcome.grants, approvals }),
      }
    },
  })
}

/** One refusal ends it. */
export function denyRequest(on: Service, caller: Caller, id: string, reason: Reason): Promise<Decided> {
  const about = { action: "ACCESS_DENY", resourceType: "request", resourceName: id, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const { request, approver } = await openFor(on, view, id)
      const moved = movedRequest(on, request, "denied")
      const told = tellRequester(on, request, approver.name, "denied")
      const changes = [decision(on, request, approver, "deny"), moved, ...told]
      const approvals = await approvalsOf(on, request)
      return {
        act: actOf(on, caller, view, about, { by: "approver", changes }),
        done: () => ({ request: rowOf(moved), grants: [], approvals }),
      }
    },
  })
}

function rowOf(moved: Change): AccessRequestRow {
  return (moved as Extract<Change, { kind: "putRequest" }>).row
}

async function openFor(on: Service, view: View, id: string) {
  const approver = await personRow(on, view)
  const request = await genuineRequest(on, id)
  const asking = genuineAsking(on, await askingOf(on, request))
  const bar = barOf(asking, approver, on.clock.now())
  const visible = rolesDecide(view.policies, request, approver.roles)
  // Whoever may neither see nor decide it does not learn that it is there.
  if (!visible && request.requesterId !== approver.id) throw new TylerError("not_found", { error: "No such request" })
  if (bar !== undefined) throw new TylerError("forbidden", { error: BARRED[bar], bar })
  if (!visible) throw new TylerError("forbidden", { error: "Your roles do not decide this request" })
  if (approver.mustEnrol)
    throw new TylerError("forbidden", { error: "Your account was reset: enrol a second factor before you decide" })
  if (request.kind === "break_glass") throw new TylerError("request_closed", { state: request.state })
  const state = stateOf(on, request)
  if (state !== "pending") throw new TylerError("request_closed", { state })
  const decisions = await on.reader.decisions(id)
  if (decisions.some(({ approverId }) => approverId === approver.id)) throw new TylerError("already_decided")
  return { request, approver, asking }
}

const BARRED: Readonly<Record<Bar, string>> = {
  own_request: "Nobody decides a request of his own",
  own_program: "Nobody decides the requests of a program that is his own",
  made_by_requester: "The requester made your account less than seven days ago",
  made_requester: "You made the requester's account less than seven days ago",
  changed_by_requester: "The requester changed your account less than seven days ago",
  changed_requester: "You changed the requester's account less than seven days ago",
}

/** Whoever can write the database could else take away what bars an approver. */
function genuineAsking(on: Service, { requester, owner }: Asking): Asking {
  return { requester: genuine(on, requester), owner: owner === undefined ? undefined : genuine(on, owner) }
}

async function showWhatThereIs(
  on: Service,
  desk: FactorDesk,
  view: View,
  approver: PrincipalRow,
  request: AccessRequestRow,
  shown: Shown | undefined,
): Promise<JudgedFactor | undefined> {
  const kinds = (await genuineFactors(on, approver)).map(({ kind }) => kind)
  const signs = kinds.includes("passkey")
  if (!signs && !kinds.includes("totp")) return undefined
  if (shown === undefined || (signs && !("passkey" in shown)))
    throw new TylerError("verification_required", {
      requiresSignature: signs,
      requiresCode: !signs,
      error: signs ? "Sign this approval with your passkey" : "Show a code of your second factor with this approval",
    })
  const holder = { row: approver, sessionId: view.principal.sessionId ?? "" }
  return showFactor(on, desk, holder, "approve", shown, signs ? request.digest : null)
}

async function approvalsOf(on: Service, request: AccessRequestRow): Promise<number> {
  const rows = await on.reader.decisions(request.id)
  for (const row of rows)
    if (!decisionGenuine(on.keyring().rowsKey, row)) {
      await recordTampering(on, HERE, "decision", `${row.requestId} ${row.approverId}`)
      throw new TylerError("row_tampered", {}, `decision on ${row.requestId}`)
    }
  return rows.filter(({ verdict }) => verdict === "approve").length
}

function decision(
  on: Service,
  request: AccessRequestRow,
  approver: PrincipalRow,
  verdict: DecisionRow["verdict"],
): Change {
  const bare = { requestId: request.id, approverId: approver.id, verdict, decidedAt: on.clock.now() }
  return { kind: "addDecision", row: { ...bare, mac: decisionMac(on.keyring().rowsKey, bare) } }
}

interface Outcome {
  readonly grants: readonly GrantRow[]
  readonly changes: readonly Change[]
  readonly facts: Readonly<Record<string, string>>
}

async function carryOut(
  on: Service,
  view: View,
  request: AccessRequestRow,
  { requester }: Asking,
  approvals: number,
): Promise<Outcome> {
  if (request.kind === "change") {
    const made = await applyGoverned(on, view, request)
    const told = await tellInEffect(on, request, requester.name, subjectOf(request))
    return { grants: [], changes: [...made.changes, ...told], facts: { change: "made", ...made.facts } }
  }
  requireStanding(requester)
  const grants = grantsOf(on, request, approvals, leaseMinutes(view, request))
  return {
    grants,
    changes: grants.map((row) => ({ kind: "addGrant", row, holderEpoch: requester.epoch })),
    facts: { grants: grants.map(({ id }) => id).join("+") },
  }
}

/** Nobody is lent anything while his account is disabled, or in other hands than those that asked. */
function requireStanding({ disabled, mustEnrol }: PrincipalRow): void {
  if (disabled) throw new TylerError("request_closed", { state: "void", error: "The requester's account is disabled" })
  if (mustEnrol)
    throw new TylerError("request_closed", {
      state: "void",
      error: "The requester's account was reset: let its owner enrol a second factor and ask again",
    })
}

/** As asked for, and no longer than policy lets a grant live by now. */
function leaseMinutes({ policies }: View, { verb, minutes }: AccessRequestRow) {
  return (name: SecretName): number => Math.min(minutes, combine(policies, verb ?? "read", name).grantMinutes)
}
