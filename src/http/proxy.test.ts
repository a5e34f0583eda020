import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { clientAddress, MAX_CIDRS, MAX_HOPS, parseTrustedProxies, proxyTrust } from "./proxy.ts"

const ours = proxyTrust(["10.0.0.0/8", "fd00::/8"])

test("without a trusted proxy the header is not read", () => {
  assert.equal(clientAddress("10.0.0.1", "1.2.3.4", proxyTrust([])), "10.0.0.1")
  assert.equal(clientAddress("192.0.2.1", "1.2.3.4", ours), "192.0.2.1")
  assert.equal(clientAddress(undefined, "1.2.3.4", ours), "0.0.0.0")
  assert.equal(clientAddress("10.0.0.1", "", ours), "10.0.0.1")
})

test("behind trusted proxies it is the rightmost address that is not one", () => {
  assert.equal(clientAddress("10.0.0.1", "192.0.2.7", ours), "192.0.2.7")
  assert.equal(clientAddress("::ffff:10.0.0.1", "192.0.2.7", ours), "192.0.2.7")
  assert.equal(clientAddress("10.0.0.1", "6.6.6.6, 192.0.2.7,\t10.9.9.9 , fd12::1", ours), "192.0.2.7")
  assert.equal(clientAddress("10.0.0.1", "::ffff:c000:207", ours), "192.0.2.7")
  assert.equal(clientAddress("10.0.0.1", "10.0.0.3, 10.0.0.2", ours), "10.0.0.3", "all ours: the farthest")
})

test("a chain that is malformed up to there gives the peer's own address", () => {
  for (const chain of [
    "unknown",
    ",",
    "192.0.2.7,",
    "192.0.2.7:443",
    "fe80::1%eth0",
    "[2001:db8::1]",
    "192.0.2.7, x, 10.0.0.2",
    " ".repeat(70),
  ]) {
    assert.equal(clientAddress("10.0.0.1", chain, ours), "10.0.0.1", chain)
  }
})

test("what a caller writes before the proxies' part changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (forged) => {
      assert.equal(clientAddress("10.0.0.1", `${forged},192.0.2.7, 10.0.0.2`, ours), "192.0.2.7")
    }),
  )
})

test("a chain counts up to the longest that is walked", () => {
  const chain = (proxies: number): string =>
    ["192.0.2.7", ...Array.from({ length: proxies }, () => "10.0.0.2")].join(",")
  assert.equal(clientAddress("10.0.0.1", chain(MAX_HOPS - 2), ours), "192.0.2.7")
  assert.equal(clientAddress("10.0.0.1", chain(MAX_HOPS - 1), ours), "192.0.2.7")
  assert.equal(clientAddress("10.0.0.1", chain(MAX_HOPS), ours), "10.0.0.1")
})

test("an IPv6 network never trusts IPv4 addresses through their mapped form", () => {
  assert.equal(clientAddress("10.0.0.1", "192.0.2.7", proxyTrust(["::/64"])), "10.0.0.1")
  assert.equal(clientAddress("::5", "192.0.2.7", proxyTrust(["::/64"])), "192.0.2.7")
})

test("networks are read, bare addresses stand for themselves", () => {
  assert.deepEqual(parseTrustedProxies("10.0.0.0/8, fd00::/8,192.0.2.1 , 2001:DB8::1"), {
    cidrs: ["10.0.0.0/8", "fd00::/8", "192.0.2.1/32", "2001:db8::1/128"],
  })
})

test("true, /0 and odd networks are refused", () => {
  const odd = [
    "true",
    "*",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/00",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
    "loopback",
    "10.0.0.0/8,,",
    "10.0.0.0/8.0",
    "fe80::1%eth0/64",
    "::ffff:0:0/96",
    "::ffff:10.0.0.0/104",
  ]
  for (const text of odd) assert.ok("fault" in parseTrustedProxies(text), text)
  for (const text of ["10.0.0.0/1", "10.0.0.0/32", "::/1", "::/128"])
    assert.ok("cidrs" in parseTrustedProxies(text), text)
})

test(`${MAX_CIDRS} networks are the most`, () => {
  const list = (count: number): string => Array.from({ length: count }, (_, at) => `10.0.0.${at}`).join(",")
  assert.ok("cidrs" in parseTrustedProxies(list(MAX_CIDRS - 1)))
  assert.ok("cidrs" in parseTrustedProxies(list(MAX_CIDRS)))
  assert.ok("fault" in parseTrustedProxies(list(MAX_CIDRS + 1)))
})
