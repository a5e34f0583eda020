import type { FastifyRequest } from "fastify"
import type { Session } from "../operations/login.ts"
import { sessionCookie, setCookie } from "./browser.ts"
import { fromOwnPages } from "./caller.ts"
import type { Answer } from "./routes/handlers.ts"
import type { Wiring } from "./wiring.ts"

/** A session just opened; a browser on our own pages gets it as a cookie too. */
export function sessionAnswer(wiring: Wiring, request: FastifyRequest, session: Session): Answer {
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
      factorDue: session.factorDue,
    },
  }
}
