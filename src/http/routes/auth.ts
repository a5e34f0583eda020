import { LoginBody, MeBody, PasswordBody, SetupBody } from "../../api/auth.ts"
import { parseBody } from "../../api/parse.ts"
import { TylerError } from "../../core/errors.ts"
import { parseUsername } from "../../identity/username.ts"
import { logIn, logOut } from "../../operations/login.ts"
import { changeOwnEmail, changeOwnPassword, endSession, ownSessions, signInDue } from "../../operations/own-account.ts"
import { setUp } from "../../operations/setup.ts"
import { clearCookie, sessionCookie } from "../browser.ts"
import { sessionAnswer } from "../session-answer.ts"
import { sessionsAnswer } from "../sessions-answer.ts"
import type { Handler } from "./handlers.ts"

export const authRoutes = {
  "POST /api/setup": async ({ wiring, origin, body }) => {
    const { token, username, password } = parseBody(SetupBody, body)
    wiring.failures.check(origin.ip)
    const parsed = parseUsername(username)
    if (!("name" in parsed) || parsed.name !== username)
      throw new TylerError("invalid_request", { field: "/username", error: "The user name is not valid" })
    const tokenMatches = wiring.setupToken.matches(token)
    if (!tokenMatches) wiring.failures.failed(origin.ip)
    const session = await setUp(wiring.service, origin, { username, password, tokenMatches })
    return { status: 201, body: { token: session.token } }
  },

  "POST /api/auth/login": async ({ wiring, request, origin, body }) => {
    const { username, password } = parseBody(LoginBody, body)
    wiring.failures.check(origin.ip)
    try {
      return sessionAnswer(
        wiring,
        request,
        await logIn(wiring.service, wiring.throttle, origin, { username, password }),
      )
    } catch (error) {
      if (error instanceof TylerError && error.code === "unauthenticated") wiring.failures.failed(origin.ip)
      throw error
    }
  },

  "POST /api/auth/logout": async ({ wiring, caller }) => {
    await logOut(wiring.service, caller)
    if (caller.principal.sessionId) wiring.authenticator.forget(caller.principal.sessionId)
    const headers = { "set-cookie": clearCookie(sessionCookie(wiring.publicUrl)) }
    return { status: 200, headers, body: { message: "Logged out" } }
  },

  "GET /api/me": async ({ wiring, caller }) => {
    const { id, kind, name, roles, assurance } = await caller.refresh()
    const due = await signInDue(wiring.service, id, assurance)
    return { status: 200, body: { id, username: name, kind, roles, assurance, ...due } }
  },

  "PATCH /api/me": async ({ wiring, caller, body }) => {
    const { email } = parseBody(MeBody, body)
    await changeOwnEmail(wiring.service, caller, email)
    return { status: 200, body: { message: email === null ? "Mail address removed" : "Mail address set" } }
  },

  "POST /api/me/password": async ({ wiring, caller, body }) => {
    const { currentPassword, newPassword } = parseBody(PasswordBody, body)
    const ask = { current: currentPassword, next: newPassword }
    await changeOwnPassword(wiring.service, wiring.throttle, caller, ask)
    return { status: 200, body: { message: "Password changed; sign in again" } }
  },

  "GET /api/sessions": async ({ wiring, caller }) => {
    const sessions = await ownSessions(wiring.service, caller)
    return { status: 200, body: sessionsAnswer(sessions, caller) }
  },

  "DELETE /api/sessions/:id": async ({ wiring, caller, params }) => {
    const id = params["id"] ?? ""
    await endSession(wiring.service, caller, id)
    wiring.authenticator.forget(id)
    return { status: 200, body: { message: "Session ended" } }
  },
} satisfies Record<string, Handler>
