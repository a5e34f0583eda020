/** How browsers are spoken to: the two cookies, and which requests may use the session's. */

export interface Cookie {
  readonly name: string
  /** What follows `name=value` in Set-Cookie. */
  readonly attributes: string
  /** Longest value, in characters. */
  readonly limit: number
}

/**
 * Over https the `__Host-` prefix makes the browser insist on Secure, Path=/ and no Domain, so no neighbouring
 * subdomain can plant the cookie. PUBLIC_URL may be plain http on a loopback name only; there neither exists.
 */
export function sessionCookie(publicUrl: string): Cookie {
  return publicUrl.startsWith("https://")
    ? { name: "__Host-tyler", attributes: "; Path=/; HttpOnly; SameSite=Strict; Secure", limit: 256 }
    : { name: "tyler", attributes: "; Path=/; HttpOnly; SameSite=Strict", limit: 256 }
}

/**
 * Holds a sign-on under way. `Lax`, alone of all: the provider's answer comes as a navigation from another site, to which
 * a `Strict` cookie would not go. It opens nothing by itself: the callback also needs `state`, which is not in it, and
 * no other route reads it.
 */
export function signOnCookie(publicUrl: string): Cookie {
  return publicUrl.startsWith("https://")
    ? { name: "__Host-tyler-sign-on", attributes: "; Path=/; HttpOnly; SameSite=Lax; Secure", limit: 1024 }
    : { name: "tyler-sign-on", attributes: "; Path=/; HttpOnly; SameSite=Lax", limit: 1024 }
}

/** A Set-Cookie value. @param token base64url. @param seconds until it ends, at least 1. */
export function setCookie(cookie: Cookie, token: string, seconds: number): string {
  return `${cookie.name}=${token}${cookie.attributes}; Max-Age=${Math.max(1, Math.floor(seconds))}`
}

export function clearCookie(cookie: Cookie): string {
  return `${cookie.name}=${cookie.attributes}; Max-Age=0`
}

const TOKEN = /^[A-Za-z0-9_-]+$/

/** The text in a Cookie header. One that is there twice, is too long, or is not base64url, counts as none. */
export function readCookie(header: string | undefined, cookie: Cookie): string | undefined {
  const found: string[] = []
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=")
    if (equals !== -1 && pair.slice(0, equals).trim() === cookie.name) found.push(pair.slice(equals + 1).trim())
  }
  const [token] = found
  return found.length === 1 && token !== undefined && token.length <= cookie.limit && TOKEN.test(token)
    ? token
    : undefined
}

const SAFE = ["GET", "HEAD", "OPTIONS"]

export interface RequestProvenance {
  readonly method: string
  /** Sec-Fetch-Site (W3C Fetch Metadata), which pages cannot set. */
  readonly fetchSite: string | undefined
  readonly origin: string | undefined
}

/**
 * Whether a request may act with the session cookie, or receive one. A safe method may; any other must come from our
 * own pages: the browser says `same-origin`, or, if it says nothing, its Origin is PUBLIC_URL's. Bearer tokens need none
 * of this, since no browser adds them by itself.
 */
export function mayUseCookie(request: RequestProvenance, publicUrl: string): boolean {
  if (SAFE.includes(request.method)) return true
  if (request.fetchSite !== undefined) return request.fetchSite === "same-origin"
  return request.origin === publicUrl
}
