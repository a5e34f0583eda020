import {
  AccessRequestBody,
  BreakGlassBody,
  DecisionBody,
  parseApproval,
  parseRequestsQuery,
} from "../../api/access-requests.ts"
import { parseBody } from "../../api/parse.ts"
import { DELETION_REASON_MIN, REASON_MIN } from "../../core/reason.ts"
import { breakGlass } from "../../operations/break-glass.ts"
import { approveRequest, denyRequest } from "../../operations/decide-request.ts"
import { requestAccess } from "../../operations/request-access.ts"
import {
  cancelRequest,
  listRequests,
  ownGrants,
  readRequest,
  reviewBreakGlass,
  revokeGrant,
} from "../../operations/requests.ts"
import { acceptReason } from "../accept.ts"
import { deskOf } from "../desk.ts"
import { acceptName } from "../lift.ts"
import { decidedAnswer, grantAnswer, requestAnswer } from "../request-answer.ts"
import { requestCursor, requestCursorOf } from "../request-cursor.ts"
import type { Call, Handler } from "./handlers.ts"

const WINDOW_MINUTES = 30

export const accessRequestRoutes = {
  "POST /api/access-requests": async (call) => {
    const { wiring, caller, body } = call
    const { secrets, verb, reason, minutes, uses = 1 } = parseBody(AccessRequestBody, body)
    const request = await requestAccess(wiring.service, caller, {
      names: namesOf(call, secrets),
      verb,
      reason: acceptReason(reason, REASON_MIN),
      minutes,
      uses,
    })
    const requester = caller.principal.name
    return { status: 201, body: requestAnswer(wiring.service, { request, requester, subject: null, decisions: [] }) }
  },

  "GET /api/access-requests": async ({ wiring, caller, request }) => {
    const { of, state, cursor, limit } = parseRequestsQuery(request.query)
    const { seen, next } = await listRequests(wiring.service, caller, {
      of,
      state,
      before: requestCursor(cursor),
      limit,
    })
    const requests = seen.map((one) => requestAnswer(wiring.service, one))
    return { status: 200, body: { requests, nextCursor: next === undefined ? null : requestCursorOf(next) } }
  },

  "GET /api/access-requests/:id": async ({ wiring, caller, params }) => {
    const seen = await readRequest(wiring.service, caller, params["id"] ?? "")
    return { status: 200, body: requestAnswer(wiring.service, seen) }
  },

  "POST /api/access-requests/:id/approve": async ({ wiring, caller, body, params }) => {
    const ask = { id: params["id"] ?? "", shown: parseApproval(body) }
    return { status: 200, body: decidedAnswer(await approveRequest(wiring.service, deskOf(wiring), caller, ask)) }
  },

  "POST /api/access-requests/:id/deny": async ({ wiring, caller, body, params }) => {
    const reason = acceptReason(parseBody(DecisionBody, body).reason, REASON_MIN)
    return { status: 200, body: decidedAnswer(await denyRequest(wiring.service, caller, params["id"] ?? "", reason)) }
  },

  "POST /api/access-requests/:id/cancel": async ({ wiring, caller, params }) => {
    const id = params["id"] ?? ""
    await cancelRequest(wiring.service, caller, id)
    return { status: 200, body: requestAnswer(wiring.service, await readRequest(wiring.service, caller, id)) }
  },

  "POST /api/access-requests/:id/review": async ({ wiring, caller, body, params }) => {
    const id = params["id"] ?? ""
    const reason = acceptReason(parseBody(DecisionBody, body).reason, REASON_MIN)
    await reviewBreakGlass(wiring.service, caller, id, reason)
    return { status: 200, body: requestAnswer(wiring.service, await readRequest(wiring.service, caller, id)) }
  },

  "GET /api/grants": async ({ wiring, caller }) => {
    const grants = await ownGrants(wiring.service, caller)
    return { status: 200, body: { grants: grants.map(grantAnswer) } }
  },

  "DELETE /api/grants/:id": async ({ wiring, caller, params }) => {
    await revokeGrant(wiring.service, caller, params["id"] ?? "")
    return { status: 200, body: { message: "Grant revoked" } }
  },

  "POST /api/break-glass": async (call) => {
    const { wiring, caller, body } = call
    const { secrets, reason, minutes = WINDOW_MINUTES } = parseBody(BreakGlassBody, body)
    const ask = { names: namesOf(call, secrets), reason: acceptReason(reason, DELETION_REASON_MIN), minutes }
    const { request, grants } = await breakGlass(wiring.service, caller, ask)
    return { status: 201, body: decidedAnswer({ request, grants, approvals: 0 }) }
  },
} satisfies Record<string, Handler>

function namesOf({ wiring }: Call, names: readonly string[]) {
  return names.map((name) => acceptName(name, wiring.service.settings.nameLimit))
}
