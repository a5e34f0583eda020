import { isLoopbackName } from "../address.ts"

/** Nothing but our own files: no inline script or style, no frame, no foreign form target, no request elsewhere. */
const POLICY = [
  "default-src 'none'",
  "img-src 'self'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ")

const ALWAYS = {
  "content-security-policy": POLICY,
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const

const YEAR_SECONDS = 31_536_000

/**
 * Headers of every page and page asset. HSTS (RFC 6797) goes with https, but never on a loopback name: browsers apply it
 * to every port there, and other programs on the machine would break.
 */
export function pageHeaders(publicUrl: string): Readonly<Record<string, string>> {
  const { protocol, hostname } = new URL(publicUrl)
  if (protocol !== "https:" || isLoopbackName(hostname.replace(/^\[(.*)\]$/, "$1"))) return ALWAYS
  return { ...ALWAYS, "strict-transport-security": `max-age=${YEAR_SECONDS}` }
}
