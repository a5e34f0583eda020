import { isIPv6 } from "node:net"

/**
 * What failures are counted by: an IPv4 address, or the /64 of an IPv6 one, since one caller owns all of a /64.
 * @param ip canonical text, as http/address.ts gives it.
 */
export function addressKey(ip: string): string {
  return isIPv6(ip) ? `${expand(ip).slice(0, 4).join(":")}::/64` : ip
}

function expand(ip: string): string[] {
  const [head = "", tail] = ip.split("::")
  const left = head === "" ? [] : head.split(":")
  if (tail === undefined) return left
  const right = tail === "" ? [] : tail.split(":")
  return [...left, ...new Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right]
}
