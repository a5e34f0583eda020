import { BlockList, isIP } from "node:net"
import { canonicalAddress } from "./address.ts"

/** More networks than anybody runs; each costs a comparison per request. */
export const MAX_CIDRS = 64
/** Hops walked from the right before the chain counts as malformed; bounds what a caller's header can cost. */
export const MAX_HOPS = 32
const LONGEST_HOP = 64

export type ProxyList = { readonly cidrs: readonly string[] } | { readonly fault: string }

/**
 * Reads TRUSTED_PROXIES: `10.1.0.0/16, fd00::/8`; a bare address means itself alone. Refused: `true`, a `/0`, which
 * would believe every caller, and IPv4 networks in IPv6 clothes, which hide how wide they are.
 */
export function parseTrustedProxies(text: string): ProxyList {
  const parts = text.split(",").map((part) => part.trim())
  if (parts.length > MAX_CIDRS) return { fault: `must list at most ${MAX_CIDRS} networks` }
  const cidrs: string[] = []
  for (const part of parts) {
    const cidr = parseCidr(part)
    if (cidr === undefined) {
      return {
        fault: `must list networks such as 10.1.0.0/16 or fd00::/8 (never true, never /0); this is not one: ${JSON.stringify(part.slice(0, 60))}`,
      }
    }
    cidrs.push(cidr)
  }
  return { cidrs }
}

function parseCidr(text: string): string | undefined {
  const slash = text.indexOf("/")
  const literal = slash === -1 ? text : text.slice(0, slash)
  const address = canonicalAddress(literal)
  if (address === undefined || isIP(address) !== isIP(literal)) return undefined
  const widest = isIP(address) === 4 ? 32 : 128
  const bits = slash === -1 ? String(widest) : text.slice(slash + 1)
  if (!/^[1-9][0-9]{0,2}$/.test(bits) || Number(bits) > widest) return undefined
  return `${address}/${bits}`
}

/** Answers whether a canonical address is one of our proxies. */
export type ProxyTrust = (address: string) => boolean

/**
 * @param cidrs as `parseTrustedProxies` gives them. One list per family: a single BlockList lets an IPv6 network such
 * as `::/64` match IPv4 addresses through their mapped form (seen on Node 24).
 */
export function proxyTrust(cidrs: readonly string[]): ProxyTrust {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const cidr of cidrs) {
    const [network = "", bits = ""] = cidr.split("/")
    const family = isIP(network) === 4 ? "ipv4" : "ipv6"
    lists[family].addSubnet(network, Number(bits), family)
  }
  return (address) => {
    const family = isIP(address) === 4 ? "ipv4" : "ipv6"
    return lists[family].check(address, family)
  }
}

/**
 * The caller's address in canonical text. X-Forwarded-For counts only when the peer itself is a trusted proxy; then it
 * is the rightmost address that is not one. What stands left of that was written by the caller and is not even read.
 * A hop that is no plain IP address, or too many hops, and the peer's own address is used: never the caller's word.
 *
 * @param peer the socket's remote address; unknown (a socket already closed) gives `0.0.0.0`.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  trusted: ProxyTrust,
): string {
  const own = canonicalAddress(peer?.split("%", 1)[0] ?? "") ?? "0.0.0.0"
  if (forwardedFor === undefined || !trusted(own)) return own
  const chain = typeof forwardedFor === "string" ? forwardedFor : forwardedFor.join(",")
  let last = own
  let end = chain.length
  for (let hops = 0; end >= 0; hops++) {
    if (hops === MAX_HOPS) return own
    const comma = end === 0 ? -1 : chain.lastIndexOf(",", end - 1)
    const hop = parseHop(chain.slice(comma + 1, end))
    if (hop === undefined) return own
    if (!trusted(hop)) return hop
    last = hop
    end = comma
  }
  return last
}

/** Optional white space around a list member is blanks and tabs (RFC 9110, 5.6.1). Length first: trimming is not free. */
function parseHop(text: string): string | undefined {
  return text.length > LONGEST_HOP ? undefined : canonicalAddress(text.replace(/^[ \t]+|[ \t]+$/g, ""))
}
