import { LinkBody, SignOnBody, StartQuery, UnlinkBody } from "../../api/identity-providers.ts"
import { invalidField, parseBody, parseQuery } from "../../api/parse.ts"
import { TylerError } from "../../core/errors.ts"
import type { Purpose } from "../../identity/sign-on-state.ts"
import { offeredProviders } from "../../operations/identity-providers.ts"
import { ownLinks, startLink, unlink } from "../../operations/links.ts"
import { type SignOn, startSignOn } from "../../operations/sign-on.ts"
import { type Ended, endSignOn, exchangeCode } from "../../operations/sign-on-end.ts"
import { clearCookie, readCookie, sessionCookie, setCookie, signOnCookie } from "../browser.ts"
import { fromOwnPages } from "../caller.ts"
import { deskOf } from "../desk.ts"
import { judgeHost, pageRedirect } from "../hosts.ts"
import { sessionAnswer } from "../session-answer.ts"
import { TOLD } from "../told.ts"
import type { Wiring } from "../wiring.ts"
import type { Answer, Call, Handler } from "./handlers.ts"
import { redirectUriOf } from "./identity-providers.ts"

const SIGN_ON_SECONDS = 600

export const signOnRoutes = {
  "GET /api/auth/providers": async ({ wiring }) => {
    const providers = await offeredProviders(wiring.service)
    const localLogin = wiring.service.settings.passwordsFor === null ? "everyone" : "break-glass"
    return { status: 200, body: { providers: providers.map(({ id, label }) => ({ id, label })), localLogin } }
  },

  "GET /auth/oidc/:id/start": (call) =>
    orToLogin(call, async () => {
      const { wiring, request, origin, params } = call
      const purpose = purposeOf(request.query)
      const elsewhere = atPublicUrl(wiring, request)
      if (elsewhere !== undefined) return { status: 303, headers: { location: elsewhere } }
      const id = params["id"] ?? ""
      const { location, state } = await startSignOn(signOnOf(wiring, id), origin, id, purpose)
      const cookie = setCookie(signOnCookie(wiring.publicUrl), state, SIGN_ON_SECONDS)
      return { status: 303, headers: { location, "set-cookie": [cookie] } }
    }),

  "GET /auth/oidc/:id/callback": (call) =>
    orToLogin(call, async () => {
      const { wiring, request, origin, params } = call
      const id = params["id"] ?? ""
      const url = request.raw.url ?? ""
      const callback = {
        providerId: id,
        state: readCookie(request.headers.cookie, signOnCookie(wiring.publicUrl)),
        query: url.includes("?") ? url.slice(url.indexOf("?")) : "",
      }
      return arrival(wiring, await endSignOn(signOnOf(wiring, id), origin, callback))
    }),

  "POST /api/auth/sign-on": async ({ wiring, request, origin, body }) => {
    const ask = parseBody(SignOnBody, body)
    wiring.failures.check(origin.ip)
    try {
      return sessionAnswer(wiring, request, await exchangeCode(wiring.service, origin, ask))
    } catch (error) {
      if (error instanceof TylerError && error.code === "unauthenticated") wiring.failures.failed(origin.ip)
      throw error
    }
  },

  "GET /api/me/identities": async ({ wiring, caller }) => {
    const links = await ownLinks(wiring.service, caller)
    const identities = links.map(({ id, issuer, subject, createdAt }) => ({
      id,
      issuer,
      subject,
      createdAt: new Date(createdAt).toISOString(),
    }))
    return { status: 200, body: { identities } }
  },

  "POST /api/me/identities": async ({ wiring, request, caller, body }) => {
    const { provider, password } = parseBody(LinkBody, body)
    const ask = { providerId: provider, password }
    const { location, state } = await startLink(signOnOf(wiring, provider), deskOf(wiring), caller, ask)
    const cookie = setCookie(signOnCookie(wiring.publicUrl), state, SIGN_ON_SECONDS)
    // As with the session's: no other site's page may make a browser link anything.
    const headers = fromOwnPages(wiring, request) ? { "set-cookie": cookie } : {}
    return { status: 200, headers, body: { location } }
  },

  "DELETE /api/me/identities/:id": async ({ wiring, caller, body, params }) => {
    const { password } = parseBody(UnlinkBody, body ?? {})
    await unlink(wiring.service, deskOf(wiring), caller, { id: params["id"] ?? "", password })
    return { status: 200, body: { message: "Sign-on unlinked; all other sessions have ended" } }
  },
} satisfies Record<string, Handler>

function signOnOf(wiring: Wiring, id: string): SignOn {
  return { on: wiring.service, oidc: wiring.oidc, redirectUri: redirectUriOf(wiring, id) }
}

/** The cookie must be where the callback will be: under PUBLIC_URL's name. */
function atPublicUrl(wiring: Wiring, request: Call["request"]): string | undefined {
  const verdict = judgeHost(request.raw.headersDistinct["host"], wiring.hosts())
  if ("refused" in verdict) throw new TylerError("misdirected_request")
  return pageRedirect(verdict.host, request.raw.url ?? "/", wiring.publicUrl)
}

function purposeOf(query: unknown): Purpose {
  const { port, challenge, next } = parseQuery(StartQuery, query)
  if (port === undefined && challenge === undefined) return { kind: "session", next: next ?? null }
  if (port === undefined || challenge === undefined) throw invalidField("", "port and challenge belong together")
  const number = Number(port)
  if (number < 1024 || number > 65_535) throw invalidField("/port", "port must be between 1024 and 65535")
  return { kind: "program", port: number, challenge }
}

/**
 * A session's cookie is `Strict`, so it does not go with the page that this redirect opens: the fragment tells that
 * page's script to ask who is signed in, which it does from our own origin.
 */
function arrival(wiring: Wiring, ended: Ended): Answer {
  const done = clearCookie(signOnCookie(wiring.publicUrl))
  if (ended.kind === "program") {
    // A name would be looked up; the program listens on exactly this address (RFC 8252, 7.3 and 8.3).
    const location = `http://127.0.0.1:${ended.port}/?code=${ended.code}`
    return { status: 303, headers: { location, "set-cookie": [done], ...UNTOLD } }
  }
  if (ended.kind === "link") return { status: 303, headers: { location: "/login#linked", "set-cookie": [done] } }
  const { token, expiresAt } = ended.session
  const seconds = (expiresAt - wiring.service.clock.now()) / 1000
  const session = setCookie(sessionCookie(wiring.publicUrl), token, seconds)
  const query = ended.next === null ? "" : `?next=${encodeURIComponent(ended.next)}`
  return { status: 303, headers: { location: `/login${query}#signed-in`, "set-cookie": [done, session] } }
}

const UNTOLD = { "referrer-policy": "no-referrer" }

/** A browser is shown a page: refusals go there as their code, whose text the page's script has. */
async function orToLogin(call: Call, run: () => Promise<Answer>): Promise<Answer> {
  const { wiring, origin } = call
  try {
    wiring.failures.check(origin.ip)
    return { ...(await run()) }
  } catch (error) {
    if (!(error instanceof TylerError) || !TOLD.has(error.code)) throw error
    if (COUNTED.has(error.code)) wiring.failures.failed(origin.ip)
    if (error.detail !== undefined)
      wiring.log.warn({ requestId: origin.requestId, code: error.code, detail: error.detail }, "sign-on refused")
    const done = clearCookie(signOnCookie(wiring.publicUrl))
    return { status: 303, headers: { location: `/login#refused=${error.code}`, "set-cookie": [done] } }
  }
}

/** Those that take a sign-on of one's own: another site's page must not be able to use up its visitors' attempts here. */
const COUNTED: ReadonlySet<TylerError["code"]> = new Set(["sign_on_invalid", "no_mapped_role", "account_disabled"])
