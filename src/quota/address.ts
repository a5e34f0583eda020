import { isIPv4, isIPv6 } from "node:net"

/**
 * What failures are counted by: an IPv4 address, also when written as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), or the /64
 * of an IPv6 one, since one caller owns all of a /64. Every spelling of an address gives the same key; zone ids are left
 * out; whatever is no address shares the key `unknown`.
 */
export function addressKey(ip: string): string {
  if (isIPv4(ip)) return ip
  if (!isIPv6(ip)) return "unknown"
  const groups = groupsOf(ip.split("%")[0] ?? "")
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (mapped) return [groups[6] ?? 0, groups[7] ?? 0].flatMap((group) => [group >> 8, group & 0xff]).join(".")
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":")}::/64`
}

/** The /24 of an IPv4 address, the /48 of an IPv6 one: where it came from, but not who. `unknown` for anything else. */
export function addressNeighbourhood(ip: string): string {
  const key = addressKey(ip)
  if (isIPv4(key)) return `${key.slice(0, key.lastIndexOf("."))}.0/24`
  return key === "unknown" ? key : `${key.split(":").slice(0, 3).join(":")}::/48`
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(ip: string): readonly number[] {
  const [left = "", right] = ip.split("::")
  const head = half(left)
  if (right === undefined) return head
  const tail = half(right)
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail]
}

function half(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").flatMap(groupOf)
}

/** One group, or the two of an embedded IPv4 address. */
function groupOf(text: string): readonly number[] {
  if (!text.includes(".")) return [Number.parseInt(text, 16)]
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number)
  return [a * 256 + b, c * 256 + d]
}
