import { parseName } from "../core/name.ts"
import { localError } from "./error.ts"

/** `http://localhost:7070`: scheme, host, port and an optional path; no trailing slash. */
export type Address = string & { readonly address: unique symbol }

/**
 * The server's base address. Throws `insecure_address` for anything but https, unless the host is a loopback name or
 * `allowInsecureHttp` is set: tokens and values would cross the network in the clear. An address with a user name,
 * query or fragment is refused too.
 */
export function parseAddress(text: string, allowInsecureHttp = false): Address {
  if (!URL.canParse(text)) throw localError("insecure_address", "The server's address is not a URL")
  const url = new URL(text)
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw localError("insecure_address", "The server's address must begin with https://")
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw localError("insecure_address", "The server's address must be a plain URL, without user, query or fragment")
  if (url.protocol === "http:" && !allowInsecureHttp && !isLoopback(url.hostname))
    throw localError(
      "insecure_address",
      "http:// to another machine would send tokens and secrets in the clear; use https://",
    )
  return (url.origin + url.pathname.replace(/\/+$/, "")) as Address
}

/** RFC 6761 `localhost` and its subdomains, 127.0.0.0/8 and ::1, as the URL parser spells them. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}

/**
 * `/api/secrets/<name>`, the name as it is. Names are judged here because URL parsing would quietly resolve `..` and
 * ask for another secret than was named.
 */
export function secretPath(name: string): string {
  const parsed = parseName(name, 512)
  if ("fault" in parsed)
    throw localError("invalid_name", "The secret name is not valid: segments of A-Z a-z 0-9 _+=.@- joined by /", {
      fault: parsed.fault,
    })
  return `/api/secrets/${parsed.name}`
}

/** `?a=1&b=2` of what is given; "" of nothing. */
export function queryText(fields: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? "" : `?${query.toString()}`
}
