import assert from "node:assert/strict"
import { test } from "node:test"
import { isLoopbackAddress, isPublicAddress } from "./address.ts"
import { FetchFault, fetchJson } from "./fetch-json.ts"

test("what is public and what is not, at the edges of each range", () => {
  const open = ["9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0", "1.1.1.1"]
  const shut = ["0.0.0.0", "10.0.0.0", "10.255.255.255", "127.0.0.1", "172.16.0.0", "172.31.255.255", "192.168.255.255"]
  for (const address of [
    ...open,
    "100.63.255.255",
    "100.128.0.0",
    "169.253.255.255",
    "2606:4700::1111",
    "2001:4860::1",
  ])
    assert.equal(isPublicAddress(address), true, address)
  for (const address of [...shut, "100.64.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "198.19.255.255"])
    assert.equal(isPublicAddress(address), false, address)
  const six = ["::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "64:ff9b::808:808", "fc00::1", "fd12::1", "fe80::1"]
  for (const address of [...six, "ff02::1", "2002:7f00:1::", "2001:0:1::", "2001:db8::1", "fe80::1%eth0"])
    assert.equal(isPublicAddress(address), false, address)
})

test("loopback in both families", () => {
  for (const address of ["127.0.0.1", "127.255.255.255", "::1"]) assert.equal(isLoopbackAddress(address), true)
  for (const address of ["128.0.0.1", "10.0.0.1", "::2", "::"]) assert.equal(isLoopbackAddress(address), false)
})

test("private addresses and plain http are refused before anything is sent", async () => {
  const cases: readonly (readonly [string, boolean, boolean, RegExp])[] = [
    ["https://127.0.0.1:1/keys", false, true, /private address/],
    ["https://[::1]:1/keys", false, true, /private address/],
    ["https://[::ffff:127.0.0.1]:1/keys", false, true, /private address/],
    ["https://2130706433:1/keys", false, true, /private address/],
    ["https://localhost:1/keys", false, true, /private address/],
    ["http://127.0.0.1:1/keys", true, false, /not https/],
    ["http://10.0.0.1:1/keys", true, true, /not https/],
    ["https://127.0.0.1:1/keys", true, false, /no connection/],
    ["file:///etc/passwd", true, true, /not https|no address/],
    ["not a URL", true, true, /no URL/],
  ]
  for (const [url, allowPrivate, plainLoopback, fault] of cases)
    await assert.rejects(fetchJson(url, { allowPrivate, plainLoopback }), (error: unknown) => {
      assert.ok(error instanceof FetchFault)
      assert.match(error.message, fault, url)
      return true
    })
})
