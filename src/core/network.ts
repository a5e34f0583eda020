import { BlockList, isIP } from "node:net"

/**
 * Where an address leads: the internet, a private network, this machine, or a place nobody may be sent to (link-local,
 * where clouds keep their metadata; multicast; unspecified, reserved and documentation ranges; IPv4 in the clothes of
 * IPv6, whose true end the clothes hide).
 */
export type Reach = "global" | "private" | "loopback" | "never"

/** https://www.iana.org/assignments/iana-ipv4-special-registry, read 2026-11; whatever is not listed is global. */
const IPV4: readonly (readonly [Reach, BlockList])[] = [
  ["loopback", listOf("ipv4", "127.0.0.0/8")],
  ["private", listOf("ipv4", "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")],
  [
    "never",
    listOf(
      "ipv4",
      "0.0.0.0/8",
      "169.254.0.0/16",
      "192.0.0.0/24",
      "192.0.2.0/24",
      "192.88.99.0/24",
      "198.18.0.0/15",
      "198.51.100.0/24",
      "203.0.113.0/24",
      "224.0.0.0/3",
    ),
  ],
  ["global", listOf("ipv4", "0.0.0.0/0")],
]

/** https://www.iana.org/assignments/iana-ipv6-special-registry, read 2026-11; of global unicast only what is not special. */
const IPV6: readonly (readonly [Reach, BlockList])[] = [
  ["loopback", listOf("ipv6", "::1/128")],
  ["private", listOf("ipv6", "fc00::/7")],
  ["never", listOf("ipv6", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")],
  ["global", listOf("ipv6", "2000::/3")],
]

/** Undefined for what is no IP address; zone ids are none of ours. */
export function reachOf(address: string): Reach | undefined {
  const family = isIP(address)
  if (family === 0 || address.includes("%")) return undefined
  const lists = family === 4 ? IPV4 : IPV6
  return lists.find(([, list]) => list.check(address, family === 4 ? "ipv4" : "ipv6"))?.[0] ?? "never"
}

/** One list per family and kind: a list that holds both lets IPv6 networks match IPv4 addresses (seen on Node 24). */
function listOf(family: "ipv4" | "ipv6", ...networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = "", bits = ""] = network.split("/")
    list.addSubnet(address, Number(bits), family)
  }
  return list
}
