import assert from "node:assert/strict"
import { isIP } from "node:net"
import { test } from "node:test"
import * as fc from "fast-check"
import { canonicalAddress, isLoopbackName } from "./address.ts"

test("every spelling of an address becomes one text", () => {
  const same: readonly [string, string][] = [
    ["10.0.0.1", "10.0.0.1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["::FFFF:0a00:0001", "10.0.0.1"],
    ["0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::1.2.3.4", "::1.2.3.4"],
  ]
  for (const [text, canonical] of same) assert.equal(canonicalAddress(text), canonical, text)
})

test("what is no plain address is none", () => {
  const odd = [
    "",
    " ",
    "localhost",
    "1.2.3",
    "01.2.3.4",
    "1.2.3.4:80",
    "[::1]",
    "fe80::1%eth0",
    "1.2.3.4 ",
    "0x7f.0.0.1",
    "127.1",
  ]
  for (const text of [...odd, ":".repeat(46), `${"0".repeat(40)}::1.2.3.4`])
    assert.equal(canonicalAddress(text), undefined, text)
})

test("canonical text is canonical", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const once = canonicalAddress(text)
      assert.ok(once !== undefined && isIP(once) !== 0)
      assert.equal(canonicalAddress(once), once)
      assert.equal(canonicalAddress(text.toUpperCase()), once)
    }),
  )
})

test("loopback is localhost, 127.0.0.0/8 and ::1 and nothing that only looks like it", () => {
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"]) {
    assert.ok(isLoopbackName(host), host)
  }
  for (const host of [
    "localhost.",
    "localhost.example",
    "127.0.0.1.example",
    "126.255.255.255",
    "128.0.0.0",
    "0.0.0.0",
    "::",
    "127",
  ]) {
    assert.ok(!isLoopbackName(host), host)
  }
})
