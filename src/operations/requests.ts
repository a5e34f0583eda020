import { barOf } from "../approval/bar.ts"
import { TylerError } from "../core/errors.ts"
import { ADMIN, AUDITOR } from "../core/principal.ts"
import type { Reason } from "../core/reason.ts"
import { decisionMac, grantGenuine } from "../identity/row-mac.ts"
import type { Change } from "../state/change.ts"
import type { AccessRequestRow, DecisionRow, GrantRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { askingOf, rolesDecide } from "./deciders.ts"
import { governedOf } from "./governed-change.ts"
import { isLive } from "./lease.ts"
import { perform, type View } from "./perform.ts"
import { genuineRequest, movedRequest, stateOf } from "./request-access.ts"
import { personRow } from "./second-factor.ts"
import type { Caller, Service } from "./service.ts"

export interface RequestsAsk {
  /** `own`: what the caller asked for; `decide`: what waits for him; `all`: admins and auditors. */
  readonly of: "own" | "decide" | "all"
  readonly state: AccessRequestRow["state"] | null
  readonly before: { readonly createdAt: number; readonly id: string } | null
  readonly limit: number
}

export interface SeenRequest {
  readonly request: AccessRequestRow
  readonly requester: string
  /** Whose account would change; null where none would. */
  readonly subject: string | null
  readonly decisions: readonly (DecisionRow & { readonly approver: string })[]
}

/** Requests of others looked at for one page of those that the caller may decide. */
const LOOK = 500

export async function listRequests(
  on: Service,
  caller: Caller,
  ask: RequestsAsk,
): Promise<{ readonly seen: readonly SeenRequest[]; readonly next: AccessRequestRow | undefined }> {
  const about = { action: "REQUEST_LIST", resourceType: "request", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const { rows, next } = await pageOf(on, view, ask)
      const seen = await Promise.all(rows.map((row) => seenOf(on, row)))
      return { act: actOf(on, caller, view, about, { by: ask.of }), done: () => ({ seen, next }) }
    },
  })
}

async function pageOf(on: Service, view: View, { of, state, before, limit }: RequestsAsk) {
  const { principal, policies } = view
  if (of === "own") {
    const rows = await on.reader.requests({ requesterId: principal.id, state, before, limit })
    return { rows, next: rows.length < limit ? undefined : rows.at(-1) }
  }
  if (of === "all" && !principal.roles.some((role) => role === ADMIN || role === AUDITOR))
    throw new TylerError("forbidden", { requires: "role admin or auditor" })
  const wanted = of === "all" ? state : "pending"
  const looked = await on.reader.requests({
    requesterId: null,
    state: wanted,
    before,
    limit: of === "all" ? limit : LOOK,
  })
  if (of === "all") return { rows: looked, next: looked.length < limit ? undefined : looked.at(-1) }
  const rows: AccessRequestRow[] = []
  for (const row of looked) {
    if (stateOf(on, row) !== "pending" || !(await decides(on, view, row))) continue
    rows.push(row)
    if (rows.length === limit) break
  }
  const last = rows.length === limit ? rows.at(-1) : looked.length === LOOK ? looked.at(-1) : undefined
  return { rows: rows.filter((row) => rolesDecide(policies, row, principal.roles)), next: last }
}

async function decides(on: Service, { principal, policies }: View, row: AccessRequestRow): Promise<boolean> {
  if (row.kind === "break_glass" || !rolesDecide(policies, row, principal.roles)) return false
  const me = await on.reader.principalById(principal.id)
  if (me === undefined || me.kind !== "person") return false
  if (barOf(await askingOf(on, row), me, on.clock.now()) !== undefined) return false
  return !(await on.reader.decisions(row.id)).some(({ approverId }) => approverId === me.id)
}

/** For the requester, those who may decide it, admins and auditors; for others it is not there. */
export function readRequest(on: Service, caller: Caller, id: string): Promise<SeenRequest> {
  const about = { action: "REQUEST_READ", resourceType: "request", resourceName: id, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const request = await genuineRequest(on, id)
      if (!maySee(view, request)) throw new TylerError("not_found", { error: "No such request" })
      const seen = await seenOf(on, request)
      return { act: actOf(on, caller, view, about, { by: "any" }), done: () => seen }
    },
  })
}

function maySee({ principal, policies }: View, request: AccessRequestRow): boolean {
  const { id, roles } = principal
  return (
    request.requesterId === id ||
    roles.includes(ADMIN) ||
    roles.includes(AUDITOR) ||
    rolesDecide(policies, request, roles)
  )
}

async function seenOf(on: Service, request: AccessRequestRow): Promise<SeenRequest> {
  const requester = await nameOf(on, request.requesterId)
  const decisions = await Promise.all(
    (await on.reader.decisions(request.id)).map(async (row) => ({
      ...row,
      approver: await nameOf(on, row.approverId),
    })),
  )
  return { request, requester, subject: await subjectOf(on, request), decisions }
}

/** Who approves must know whose account it is. */
async function subjectOf(on: Service, request: AccessRequestRow): Promise<string | null> {
  if (request.change === null) return null
  const change = governedOf(request)
  return change.type === "person" || change.type === "erasure" ? nameOf(on, change.id) : null
}

async function nameOf(on: Service, id: string): Promise<string> {
  return (await on.reader.principalById(id))?.name ?? id
}

/** The digest that an approver signs. @throws TylerError `not_found` for those who may not decide it */
export async function signableRequest(on: Service, caller: Caller, id: string): Promise<Uint8Array> {
  const principal = await caller.refresh()
  const request = await genuineRequest(on, id)
  const policies = await on.policies.current()
  if (!rolesDecide(policies, request, principal.roles)) throw new TylerError("not_found", { error: "No such request" })
  return request.digest
}

/** By who asked, or, for a change, by any admin: an alarm is worth nothing if it cannot be answered. */
export function cancelRequest(on: Service, caller: Caller, id: string): Promise<AccessRequestRow> {
  const about = { action: "ACCESS_CANCEL", resourceType: "request", resourceName: id, reason: null }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const request = await genuineRequest(on, id)
      const own = request.requesterId === view.principal.id
      const adminsMay = request.kind === "change" && view.principal.roles.includes(ADMIN)
      if (!maySee(view, request)) throw new TylerError("not_found", { error: "No such request" })
      if (!own && !adminsMay) throw new TylerError("forbidden", { error: "Only the requester cancels this request" })
      const state = stateOf(on, request)
      if (state !== "pending" || request.kind === "break_glass") throw new TylerError("request_closed", { state })
      const moved = movedRequest(on, request, "cancelled")
      return {
        act: actOf(on, caller, view, about, { by: own ? "own_request" : "role admin", changes: [moved] }),
        done: () => (moved as Extract<Change, { kind: "putRequest" }>).row,
      }
    },
  })
}

/** Somebody else looks at what was done in a break-glass window, after its end. */
export function reviewBreakGlass(on: Service, caller: Caller, id: string, reason: Reason): Promise<AccessRequestRow> {
  const about = { action: "BREAK_GLASS_REVIEW", resourceType: "request", resourceName: id, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const request = await genuineRequest(on, id)
      if (!maySee(view, request) || request.kind !== "break_glass")
        throw new TylerError("not_found", { error: "No such request" })
      const reviewer = await personRow(on, view)
      const may = view.principal.roles.includes(AUDITOR) || rolesDecide(view.policies, request, view.principal.roles)
      if (!may || barOf(await askingOf(on, request), reviewer, on.clock.now()) !== undefined)
        throw new TylerError("forbidden", { error: "You may not review this" })
      if (request.state === "pending")
        throw new TylerError("request_closed", { state: "pending", error: "The window is still open" })
      if (request.state !== "approved") throw new TylerError("request_closed", { state: request.state })
      const moved = movedRequest(on, request, "reviewed")
      const bare = { requestId: id, approverId: reviewer.id, verdict: "review" as const, decidedAt: on.clock.now() }
      const row = { ...bare, mac: decisionMac(on.keyring().rowsKey, bare) }
      const changes: Change[] = [moved, { kind: "addDecision", row }]
      return {
        act: actOf(on, caller, view, about, { by: "reviewer", changes }),
        done: () => (moved as Extract<Change, { kind: "putRequest" }>).row,
      }
    },
  })
}

const GRANTS = 1000

/** The caller's own live grants. */
export async function ownGrants(on: Service, caller: Caller): Promise<readonly GrantRow[]> {
  const { id } = await caller.refresh()
  const rows = await on.reader.grantsOf(id, GRANTS)
  return rows.filter((row) => isLive(on, row) && grantGenuine(on.keyring().rowsKey, row))
}

/** By its holder, by who may decide such requests, or by an admin. It holds at once, on every replica. */
export function revokeGrant(on: Service, caller: Caller, id: string): Promise<void> {
  const about = { action: "GRANT_REVOKE", resourceType: "grant", resourceName: id, reason: null }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      const grant = await on.reader.grant(id)
      if (grant === undefined) throw new TylerError("not_found", { error: "No such grant" })
      const request = await genuineRequest(on, grant.requestId)
      const { id: own, roles } = view.principal
      if (grant.principalId !== own && !rolesDecide(view.policies, request, roles)) {
        if (!maySee(view, request)) throw new TylerError("not_found", { error: "No such grant" })
        requireAdmin(view)
      }
      const change: Change = { kind: "removeGrant", id }
      const details = `request=${grant.requestId}`
      return {
        act: actOf(on, caller, view, about, { by: "any", details, changes: [change] }),
        done: () => undefined,
      }
    },
  })
}
