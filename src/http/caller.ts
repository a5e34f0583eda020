import type { FastifyRequest } from "fastify"
import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { mayUseCookie, readCookie, sessionCookie } from "./browser.ts"
import { clientAddress } from "./proxy.ts"
import type { Wiring } from "./wiring.ts"

/** Where a request came from. The address is the socket's unless a trusted proxy vouches for another. */
export function originOf(wiring: Wiring, request: FastifyRequest): Origin {
  const forwarded = request.headers["x-forwarded-for"]
  return {
    requestId: request.id,
    ip: clientAddress(request.raw.socket.remoteAddress, forwarded, wiring.trustedProxy),
    userAgent: request.headers["user-agent"] ?? "",
  }
}

export interface Presented {
  readonly token: string
  readonly fromCookie: boolean
}

/** Authorization wins over the cookie; a malformed Authorization header does not fall back to the cookie. */
export function presentedToken(wiring: Wiring, request: FastifyRequest): Presented | undefined {
  const header = request.headers.authorization
  if (header !== undefined) {
    const token = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(header)?.[1]
    return token === undefined ? undefined : { token, fromCookie: false }
  }
  const token = readCookie(request.headers.cookie, sessionCookie(wiring.publicUrl))
  return token === undefined ? undefined : { token, fromCookie: true }
}

/** A cookie travels by itself, so what it vouches for must come from our own pages. */
export function refuseCrossSite(wiring: Wiring, request: FastifyRequest): void {
  if (fromOwnPages(wiring, request)) return
  throw new TylerError("forbidden", { error: "Cross-site requests are refused" })
}

export function fromOwnPages(wiring: Wiring, request: FastifyRequest): boolean {
  const { headers, method } = request
  const fetchSite = headers["sec-fetch-site"]
  const provenance = {
    method,
    fetchSite: typeof fetchSite === "string" ? fetchSite : undefined,
    origin: headers.origin,
  }
  return mayUseCookie(provenance, wiring.publicUrl)
}
