import { Readable } from "node:stream"
import { parseBody } from "../../api/parse.ts"
import {
  PersonReason,
  parsePageQuery,
  parseServiceAccountPatch,
  parseUserPatch,
  ServiceAccountBody,
  TokenBody,
  UserBody,
} from "../../api/users.ts"
import { REASON_MIN } from "../../core/reason.ts"
import { TOKEN_DAYS } from "../../identity/credential.ts"
import { type PersonRequest, requestErasure } from "../../operations/erase-person.ts"
import { holdPerson, releasePerson } from "../../operations/hold.ts"
import { changeUser } from "../../operations/people.ts"
import { exportPerson } from "../../operations/person-data.ts"
import {
  changeProgram,
  createProgram,
  type IssuedToken,
  issueToken,
  type ListedProgram,
  listPrograms,
  revokeToken,
} from "../../operations/programs.ts"
import { createUser, listUsers } from "../../operations/users.ts"
import { endSessionOf, listSessions } from "../../operations/user-sessions.ts"
import type { PrincipalRow } from "../../state/rows.ts"
import { acceptReason, acceptScope } from "../accept.ts"
import { cursorOf, cursorText } from "../cursor.ts"
import { pendingAnswer } from "../request-answer.ts"
import { sessionsAnswer } from "../sessions-answer.ts"
import type { Handler } from "./handlers.ts"

export const userRoutes = {
  "POST /api/users": async ({ wiring, caller, body }) => {
    const { username, password, roles, mustChangePassword = false } = parseBody(UserBody, body)
    const made = await createUser(wiring.service, caller, { username, password, roles, mustChangePassword })
    const { id, pending } = made
    return { status: 201, body: pending === undefined ? { id } : { id, pending: pendingAnswer(pending) } }
  },

  "GET /api/users": async ({ wiring, caller, request }) => {
    const { cursor, limit } = parsePageQuery(request.query)
    const rows = await listUsers(wiring.service, caller, cursorText(cursor), limit)
    return { status: 200, body: { users: rows.map(userAnswer), nextCursor: nextCursor(rows, limit) } }
  },

  "PATCH /api/users/:id": async ({ wiring, caller, body, params }) => {
    const { roles, disabled, password, mustChangePassword, breakGlass, resetFactors, reason } = parseUserPatch(body)
    const changed = await changeUser(wiring.service, caller, {
      id: params["id"] ?? "",
      roles,
      disabled,
      password,
      mustChangePassword,
      breakGlass,
      resetFactors,
      reason: reason === undefined ? null : acceptReason(reason, REASON_MIN),
    })
    if ("pending" in changed) return { status: 202, body: pendingAnswer(changed.pending) }
    return { status: 200, body: userAnswer(changed.made) }
  },

  "GET /api/users/:id/data": async ({ wiring, caller, params }) => ({
    status: 200,
    headers: { "content-type": "application/x-ndjson; charset=utf-8", "cache-control": "no-store" },
    stream: Readable.from(await exportPerson(wiring.service, caller, params["id"] ?? ""), { objectMode: false }),
  }),

  "POST /api/users/:id/erase": async ({ wiring, caller, body, params }) => ({
    status: 202,
    body: pendingAnswer(await requestErasure(wiring.service, caller, personRequest(params, body))),
  }),

  "POST /api/users/:id/hold": async ({ wiring, caller, body, params }) => {
    await holdPerson(wiring.service, caller, personRequest(params, body))
    return { status: 200, body: { message: "The person is held" } }
  },

  "DELETE /api/users/:id/hold": async ({ wiring, caller, body, params }) => {
    await releasePerson(wiring.service, caller, personRequest(params, body))
    return { status: 200, body: { message: "The person is no longer held" } }
  },

  "GET /api/users/:id/sessions": async ({ wiring, caller, params }) => {
    const sessions = await listSessions(wiring.service, caller, params["id"] ?? "")
    return { status: 200, body: sessionsAnswer(sessions, caller) }
  },

  "DELETE /api/users/:id/sessions/:sessionId": async ({ wiring, caller, params }) => {
    const sessionId = params["sessionId"] ?? ""
    await endSessionOf(wiring.service, caller, params["id"] ?? "", sessionId)
    wiring.authenticator.forget(sessionId)
    return { status: 200, body: { message: "Session ended" } }
  },

  "POST /api/service-accounts": async ({ wiring, caller, body }) => {
    const given = parseBody(ServiceAccountBody, body)
    const { name, roles, reason, expiresInDays = TOKEN_DAYS.usual, ownerId = null, scope } = given
    const accepted = { reason: acceptReason(reason, REASON_MIN), scope: acceptScope(scope) }
    const ask = { name, roles, expiresInDays, ownerId, ...accepted }
    return { status: 201, body: issuedAnswer(await createProgram(wiring.service, caller, ask)) }
  },

  "GET /api/service-accounts": async ({ wiring, caller, request }) => {
    const { cursor, limit } = parsePageQuery(request.query)
    const listed = await listPrograms(wiring.service, caller, cursorText(cursor), limit)
    const next = nextCursor(
      listed.map(({ row }) => row),
      limit,
    )
    return { status: 200, body: { serviceAccounts: listed.map(programAnswer), nextCursor: next } }
  },

  "PATCH /api/service-accounts/:id": async ({ wiring, caller, body, params }) => {
    const { ownerId, standingReason, reason } = parseServiceAccountPatch(body)
    const changed = await changeProgram(wiring.service, caller, {
      id: params["id"] ?? "",
      ownerId,
      standingReason:
        standingReason === undefined ? undefined : acceptReason(standingReason, REASON_MIN, "/standingReason"),
      reason: acceptReason(reason, REASON_MIN),
    })
    return { status: 200, body: programAnswer(changed) }
  },

  "POST /api/service-accounts/:id/tokens": async ({ wiring, caller, body, params }) => {
    const { reason, expiresInDays = TOKEN_DAYS.usual, scope } = parseBody(TokenBody, body)
    const accepted = { reason: acceptReason(reason, REASON_MIN), scope: acceptScope(scope) }
    const ask = { id: params["id"] ?? "", expiresInDays, ...accepted }
    return { status: 201, body: issuedAnswer(await issueToken(wiring.service, caller, ask)) }
  },

  "DELETE /api/service-accounts/:id/tokens/:tokenId": async ({ wiring, caller, params }) => {
    const tokenId = params["tokenId"] ?? ""
    await revokeToken(wiring.service, caller, params["id"] ?? "", tokenId)
    wiring.authenticator.forget(tokenId)
    return { status: 200, body: { message: "Token revoked" } }
  },
} satisfies Record<string, Handler>

function personRequest(params: Readonly<Record<string, string>>, body: unknown): PersonRequest {
  return { id: params["id"] ?? "", reason: acceptReason(parseBody(PersonReason, body).reason, REASON_MIN) }
}

function nextCursor(rows: readonly PrincipalRow[], limit: number): string | null {
  const last = rows.at(-1)
  return rows.length < limit || last === undefined ? null : cursorOf(last.name)
}

function userAnswer(row: PrincipalRow): object {
  return {
    id: row.id,
    username: row.name,
    roles: row.roles,
    disabled: row.disabled,
    mustChangePassword: row.mustChangePassword,
    breakGlass: row.breakGlass,
    mustEnrol: row.mustEnrol,
    createdAt: new Date(row.createdAt).toISOString(),
  }
}

function programAnswer({ row, tokens }: ListedProgram): object {
  return {
    id: row.id,
    name: row.name,
    roles: row.roles,
    disabled: row.disabled,
    ownerId: row.ownerId,
    standingReason: row.standingReason,
    createdAt: new Date(row.createdAt).toISOString(),
    tokens: tokens
      .filter(({ kind }) => kind === "token")
      .map(({ id, label, scope, createdAt, expiresAt }) => ({
        id,
        label,
        scope,
        createdAt: new Date(createdAt).toISOString(),
        expiresAt: new Date(expiresAt).toISOString(),
      })),
  }
}

function issuedAnswer({ expiresAt, ...issued }: IssuedToken): object {
  return { ...issued, expiresAt: new Date(expiresAt).toISOString() }
}
