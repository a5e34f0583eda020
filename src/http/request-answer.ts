import type { Decided } from "../operations/decide-request.ts"
import { governedOf, type Governed } from "../operations/governed-change.ts"
import { KEEP } from "../operations/provider-change.ts"
import { stateOf } from "../operations/request-access.ts"
import type { SeenRequest } from "../operations/requests.ts"
import type { Service } from "../operations/service.ts"
import type { GrantRow } from "../state/rows.ts"

const time = (at: number): string => new Date(at).toISOString()

/** What requesters and approvers see: everything that is asked for, never a value. */
export function requestAnswer(
  on: Pick<Service, "expiryNow">,
  { request, requester, subject, decisions }: SeenRequest,
): object {
  return {
    id: request.id,
    kind: request.kind,
    requester,
    requesterId: request.requesterId,
    verb: request.verb,
    secrets: request.targets.map(({ name }) => name),
    change: request.change === null ? null : shownChange(governedOf(request), subject),
    reason: request.reason,
    minutes: request.minutes,
    uses: request.uses,
    steppedUp: request.steppedUp,
    needed: request.needed,
    state: stateOf(on, request),
    createdAt: time(request.createdAt),
    expiresAt: time(request.expiresAt),
    effectiveAt: request.effectiveAt === null ? null : time(request.effectiveAt),
    digest: Buffer.from(request.digest).toString("base64url"),
    decisions: decisions.map(({ approver, approverId, verdict, decidedAt }) => ({
      by: approver,
      byId: approverId,
      verdict,
      at: time(decidedAt),
    })),
  }
}

function shownChange(change: Governed, username: string | null): object {
  if (change.type === "policies") return change
  if (change.type === "erasure") return { ...change, username }
  if (change.type === "provider") {
    const { clientSecret, ...rest } = change
    const secret = clientSecret === null ? "none" : clientSecret === KEEP ? "kept" : "set"
    return { ...rest, clientSecret: secret }
  }
  const { passwordHash, ...rest } = change
  return { ...rest, username, ...(passwordHash === undefined ? {} : { password: "reset" }) }
}

export function decidedAnswer({ request, grants, approvals }: Decided): object {
  const { id, state, needed } = request
  return { id, state, approvals, needed, grants: grants.map(grantAnswer) }
}

export function grantAnswer(grant: GrantRow): object {
  const { id, requestId, secretId, verb, approvals, steppedUp, usesLeft, createdAt, expiresAt } = grant
  const times = { createdAt: time(createdAt), expiresAt: time(expiresAt) }
  return { id, requestId, secretId, verb, approvals, steppedUp, usesLeft, ...times }
}

/** What an admin's change answers when it waits for a second person. */
export function pendingAnswer({ id, state, effectiveAt }: SeenRequest["request"]): object {
  return {
    message:
      effectiveAt === null
        ? "Waiting for another admin's approval"
        : "Nobody else can approve this: it takes effect after 24 hours",
    requestId: id,
    state,
    effectiveAt: effectiveAt === null ? null : time(effectiveAt),
  }
}
