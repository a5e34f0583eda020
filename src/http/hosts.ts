import { isIPv4, isIPv6 } from "node:net"
import { isLoopbackName } from "./address.ts"

/** `host[:port]` as a Host header may spell it (RFC 9110, 7.2): ASCII name, dotted IPv4 or bracketed IPv6. */
const HOST = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?))(?::([1-9][0-9]{0,4}))?$/

export interface HostRules {
  /** Origin of PUBLIC_URL. */
  readonly publicUrl: string
  /** Whether the listener can be reached from this machine only. */
  readonly loopback: boolean
}

/** The host a request names, in lower case and without brackets, once it is one we answer for. */
export type HostVerdict = { readonly host: string } | { readonly refused: true }

const REFUSED: HostVerdict = { refused: true }

/**
 * Whether a request's Host headers name this server; anything else is 421. This is what stops DNS rebinding: a page on
 * a foreign name that resolves to us still names itself here. Exactly one Host header counts, in plain spelling. On a
 * loopback listener every loopback name passes with any port, so that a forwarded port (ssh -L) works: no page of a
 * foreign name can send one.
 *
 * @param hosts every Host header of the request, unjoined (`request.raw.headersDistinct.host`).
 */
export function judgeHost(hosts: readonly string[] | undefined, rules: HostRules): HostVerdict {
  const [only, ...more] = hosts ?? []
  if (only === undefined || more.length > 0) return REFUSED
  const match = HOST.exec(only)
  if (match === null) return REFUSED
  const host = (match[1] ?? match[2] ?? "").toLowerCase()
  const port = match[3]
  if (Number(port ?? 1) > 65_535) return REFUSED
  if (rules.loopback && isLoopbackName(host)) return { host }
  return host === publicHost(rules.publicUrl) && samePort(port, rules.publicUrl) ? { host } : REFUSED
}

/**
 * Whether a request names an IP address, in plain spelling, any port. Load balancers and the probes of clusters ask so and
 * can seldom be told otherwise. It is no way round `judgeHost`: a page that another name resolves to us names that name.
 *
 * @param hosts as for `judgeHost`.
 */
export function namesAddress(hosts: readonly string[] | undefined): boolean {
  const [only, ...more] = hosts ?? []
  const match = only === undefined || more.length > 0 ? null : HOST.exec(only)
  if (match === null || Number(match[3] ?? 1) > 65_535) return false
  return match[1] === undefined ? isIPv4(match[2] ?? "") : isIPv6(match[1])
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
 * @param host as `judgeHost` gave it.
 * @param path of the page, one of our own; a query may follow.
 */
export function pageRedirect(host: string, path: string, publicUrl: string): string | undefined {
  return host === publicHost(publicUrl) ? undefined : new URL(path, publicUrl).href
}
