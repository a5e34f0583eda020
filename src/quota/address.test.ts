import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { addressKey, addressNeighbourhood } from "./address.ts"

const SAME: readonly (readonly [key: string, ...spellings: string[]])[] = [
  ["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1", "0000::ffff:c000:0201"],
  [
    "2001:db8:0:1::/64",
    "2001:db8:0:1::",
    "2001:DB8:0:1::5",
    "2001:0db8:0000:0001:ffff:ffff:ffff:ffff",
    "2001:db8:0:1::1.2.3.4",
  ],
  ["2001:db8:0:0::/64", "2001:db8::", "2001:db8::1", "2001:db8:0:0:1::"],
  ["0:0:0:0::/64", "::", "::1", "::1.2.3.4", "::2:192.0.2.1"],
  ["fe80:0:0:0::/64", "fe80::1", "fe80::1%eth0", "fe80::2%1"],
  ["1:0:2:3::/64", "1:0:2:3:4:5:1.2.3.4", "1::2:3:4:5:1.2.3.4"],
  ["unknown", "", "localhost", "192.0.2.256", "192.0.2.1:80", "[::1]", "0x7f.1", "1:2:3", "\0", "::ffff:1.2.3.4.5"],
]

for (const [key, ...spellings] of SAME)
  test(`every spelling of ${key} is one key`, () => {
    for (const spelling of spellings) assert.equal(addressKey(spelling), key, spelling)
  })

test("the last 64 bits of an IPv6 address never matter, the first always do", () => {
  const groups = fc.tuple(...Array.from({ length: 8 }, () => fc.nat(0xffff)))
  const text = (parts: readonly number[]) => parts.map((part) => part.toString(16)).join(":")
  fc.assert(
    fc.property(groups, groups, (one, two) => {
      fc.pre(one.slice(0, 5).some((group) => group !== 0))
      const neighbour = [...one.slice(0, 4), ...two.slice(4)]
      assert.equal(addressKey(text(one)), addressKey(text(neighbour)))
      const same = one.slice(0, 4).every((group, at) => group === two[at])
      assert.equal(addressKey(text(one)) === addressKey(text([...two.slice(0, 4), ...one.slice(4)])), same)
    }),
  )
})

test("a neighbourhood says where an address lies and not which it is", () => {
  for (const [ip, neighbourhood] of [
    ["192.0.2.77", "192.0.2.0/24"],
    ["::ffff:192.0.2.77", "192.0.2.0/24"],
    ["2001:db8:1:2::3", "2001:db8:1::/48"],
    ["::1", "0:0:0::/48"],
    ["localhost", "unknown"],
  ] as const)
    assert.equal(addressNeighbourhood(ip), neighbourhood)
})
