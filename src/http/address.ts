import { isIP, SocketAddress } from "node:net"

/** The longest text of an IPv6 address, an embedded IPv4 part included (INET6_ADDRSTRLEN less its NUL). */
const LONGEST = 45
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/

/**
 * The one text of an IP address: IPv6 compressed and in lower case (RFC 5952), IPv4-mapped IPv6 (RFC 4291, 2.5.5.2)
 * unwrapped to IPv4. Undefined for anything else: names, ports, brackets, leading zeros, and zone ids, which mean
 * something only on the machine that wrote them.
 */
export function canonicalAddress(text: string): string | undefined {
  if (text.length > LONGEST || text.includes("%")) return undefined
  const family = isIP(text)
  if (family === 0) return undefined
  if (family === 4) return text
  const { address } = new SocketAddress({ address: text, family: "ipv6" })
  return MAPPED.exec(address)?.[1] ?? address
}

/** @param address in canonical text. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || (isIP(address) === 4 && address.startsWith("127."))
}

/** `localhost` in any case, or a loopback address; IPv6 without brackets. No other name: DNS may point it anywhere. */
export function isLoopbackName(host: string): boolean {
  const address = canonicalAddress(host)
  return address === undefined ? host.toLowerCase() === "localhost" : isLoopbackAddress(address)
}
