import { TylerError } from "../core/errors.ts"
import { isLoopbackName } from "./address.ts"

/** `host[:port]` as a Host header may spell it (RFC 9110, 7.2): ASCII name, dotted IPv4 or bracketed IPv6. */
const HOST = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?))(?::([1-9][0-9]{0,4}))?$/

export interface HostRules {
  /** Origin of PUBLIC_URL. */
  readonly publicUrl: string
  /** Whether the listener can be reached from this machine only. */
  readonly loopback: boolean
}

/**
 * The host a request names, in lower case and without brackets, if it is one we answer for. This is what stops DNS
 * rebinding: a page on a foreign name that resolves to us still names itself here. Exactly one Host header counts, in
 * plain spelling. On a loopback listener every loopback name passes with any port, so that a forwarded port (ssh -L)
 * works: no page of a foreign name can send one.
 *
 * @param hosts every Host header of the request: `request.raw.headersDistinct.host`. `headers.host` would not do, since
 * Node drops all but the first.
 * @throws TylerError misdirected_request (421)
 */
export function checkHost(rules: HostRules, hosts: readonly string[] | undefined): string {
  const host = allowedHost(rules, hosts)
  if (host === undefined) throw new TylerError("misdirected_request")
  return host
}

function allowedHost(rules: HostRules, hosts: readonly string[] | undefined): string | undefined {
  const [only, ...more] = hosts ?? []
  if (only === undefined || more.length > 0) return undefined
  const match = HOST.exec(only)
  if (match === null) return undefined
  const host = (match[1] ?? match[2] ?? "").toLowerCase()
  const port = match[3]
  if (Number(port ?? 1) > 65_535) return undefined
  if (rules.loopback && isLoopbackName(host)) return host
  return host === publicHost(rules.publicUrl) && samePort(port, rules.publicUrl) ? host : undefined
}

function publicHost(publicUrl: string): string {
  return new URL(publicUrl).hostname.replace(/^\[(.*)\]$/, "$1")
}

function samePort(port: string | undefined, publicUrl: string): boolean {
  const { port: explicit, protocol } = new URL(publicUrl)
  const usual = protocol === "https:" ? "443" : "80"
  return (port ?? usual) === (explicit === "" ? usual : explicit)
}

/**
 * Where an HTML page must be opened instead, or undefined when it is right here. A loopback name other than
 * PUBLIC_URL's would get cookies of its own, and WebAuthn knows no rpId for an IP address. The browser carries the
 * fragment along, so a setup link keeps its token.
 *
 * @param host as `checkHost` gave it.
 * @param path of the page, one of our own constants.
 */
export function pageRedirect(host: string, path: string, publicUrl: string): string | undefined {
  return host === publicHost(publicUrl) ? undefined : new URL(path, publicUrl).href
}
