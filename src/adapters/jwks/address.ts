import { BlockList, isIPv6 } from "node:net"

/** Not on the public Internet: https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
]

/** Within 2000::/3: those that carry an IPv4 address inside, or lead nowhere. */
const PRIVATE_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
]

const v4 = new BlockList()
for (const [net, prefix] of PRIVATE_V4) v4.addSubnet(net, prefix, "ipv4")
const v6 = new BlockList()
for (const [net, prefix] of PRIVATE_V6) v6.addSubnet(net, prefix, "ipv6")
const global6 = new BlockList()
global6.addSubnet("2000::", 3, "ipv6")
const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8, "ipv4")
loopback.addAddress("::1", "ipv6")

/** Whether an address, as a resolver gives it, is on the public Internet. Every IPv6 form of an IPv4 address is not. */
export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !v4.check(address, "ipv4")
  return global6.check(address, "ipv6") && !v6.check(address, "ipv6")
}

export function isLoopbackAddress(address: string): boolean {
  return loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4")
}
