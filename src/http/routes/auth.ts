import { LoginBody, PasswordBody, SetupBody } from "../../api/auth.ts"
import { parseBody } from "../../api/parse.ts"
import { TylerError } from "../../core/errors.ts"
import { parseUsername } from "../../identity/username.ts"
import { logIn, logOut } from "../../operations/login.ts"
import { changeOwnPassword, endSession, ownSessions } from "../../operations/own-account.ts"
import { setUp } from "../../operations/setup.ts"
import { clearCookie, sessionCookie, setCookie } from "../browser.ts"
import { fromOwnPages } from "../caller.ts"
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
      const session = await logIn(wiring.service, wiring.throttle, origin, { username, password })
      const seconds = (session.expiresAt - wiring.service.clock.now()) / 1000
      const cookie = setCookie(sessionCookie(wiring.publicUrl), session.token, seconds)
      return {
        status: 200,
        // A page of another site must not be able to sign a browser in: that would be login CSRF.
        headers: fromOwnPages(wiring, request) ? { "set-cookie": cookie } : {},
        body: {
          token: session.token,
          expiresAt: new Date(session.expiresAt).toISOString(),
          assurance: session.assurance,
          mustChangePassword: session.mustChangePassword,
        },
      }
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

  "GET /api/me": async ({ caller }) => {
    const { id, kind, name, roles, assurance } = await caller.refresh()
    return {
      status: 200,
      body: { id, username: name, kind, roles, assurance, mustChangePassword: assurance === "half" },
    }
  },

  "POST /api/me/password": async ({ wiring, caller, body }) => {
    const { currentPassword, newPassword } = parseBody(PasswordBody, body)
    const ask = { current: currentPassword, next: newPassword }
    await changeOwnPassword(wiring.service, wiring.throttle, caller, ask)
    return { status: 200, body: { message: "Password changed; sign in again" } }
  },

  "GET /api/sessions": async ({ wiring, caller }) => {
    const sessions = await ownSessions(wiring.service, caller)
    return {
      status: 200,
      body: {
        sessions: sessions.map(({ id, label, createdAt, expiresAt }) => ({
          id,
          label,
          createdAt: new Date(createdAt).toISOString(),
          expiresAt: new Date(expiresAt).toISOString(),
          current: id === caller.principal.sessionId,
        })),
      },
    }
  },

  "DELETE /api/sessions/:id": async ({ wiring, caller, params }) => {
    const id = params["id"] ?? ""
    await endSession(wiring.service, caller, id)
    wiring.authenticator.forget(id)
    return { status: 200, body: { message: "Session ended" } }
  },
} satisfies Record<string, Handler>
