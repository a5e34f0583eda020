/** How browsers are spoken to: the session cookie, and which requests may use it. */

/**
 * Over https the `__Host-` prefix makes the browser insist on Secure, Path=/ and no Domain, so no neighbouring
 * subdomain can plant the cookie (RFC 6265bis, 4.1.3.2). PUBLIC_URL may be plain http on a loopback name only; there
 * neither exists.
 */
function cookieFor(publicOrigin: string): { readonly name: string; readonly attributes: string } {
  return publicOrigin.startsWith("https://")
    ? { name: "__Host-tyler", attributes: "Path=/; HttpOnly; SameSite=Strict; Secure" }
    : { name: "tyler", attributes: "Path=/; HttpOnly; SameSite=Strict" }
}

/** A Set-Cookie value. @param token base64url. @param expiresAt wall time in ms. */
export function sessionCookie(publicOrigin: string, token: string, expiresAt: number): string {
  const { name, attributes } = cookieFor(publicOrigin)
  return `${name}=${token}; ${attributes}; Expires=${new Date(expiresAt).toUTCString()}`
}

/** The Set-Cookie value that makes the browser forget the session. */
export function clearedCookie(publicOrigin: string): string {
  const { name, attributes } = cookieFor(publicOrigin)
  return `${name}=; ${attributes}; Max-Age=0`
}

const TOKEN = /^[A-Za-z0-9_-]{1,256}$/

/** The session token in a Cookie header. One that is there twice, or is not base64url, counts as none. */
export function cookieToken(publicOrigin: string, header: string | undefined): string | undefined {
  const { name } = cookieFor(publicOrigin)
  const found: string[] = []
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=")
    if (equals !== -1 && pair.slice(0, equals).trim() === name) found.push(pair.slice(equals + 1).trim())
  }
  const [token] = found
  return found.length === 1 && token !== undefined && TOKEN.test(token) ? token : undefined
}

const SAFE = ["GET", "HEAD", "OPTIONS"]

/**
 * Whether a request may act with the session cookie. A safe method may; any other must come from our own pages: the
 * browser says `same-origin` (W3C Fetch Metadata, which pages cannot set), or, if it says nothing, the Origin is
 * PUBLIC_URL's. Bearer tokens need none of this, since no browser adds them by itself.
 */
export function sameSite(
  publicOrigin: string,
  method: string,
  fetchSite: string | readonly string[] | undefined,
  origin: string | undefined,
): boolean {
  if (SAFE.includes(method)) return true
  if (fetchSite !== undefined) return fetchSite === "same-origin"
  return origin === publicOrigin
}
