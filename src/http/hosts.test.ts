import assert from "node:assert/strict"
import { test } from "node:test"
import { type HostRules, judgeHost, namesAddress, pageRedirect } from "./hosts.ts"

const LOCAL: HostRules = { publicUrl: "http://localhost:7070", loopback: true }
const PUBLIC: HostRules = { publicUrl: "https://secrets.example", loopback: false }

function refused(rules: HostRules, hosts: readonly string[] | undefined): boolean {
  return "refused" in judgeHost(hosts, rules)
}

function allowed(rules: HostRules, host: string): string | undefined {
  const verdict = judgeHost([host], rules)
  return "host" in verdict ? verdict.host : undefined
}

test("the public host is answered, in any case, with or without its usual port", () => {
  for (const host of ["secrets.example", "SECRETS.example", "secrets.example:443"]) {
    assert.equal(allowed(PUBLIC, host), "secrets.example", host)
  }
  assert.equal(
    allowed({ publicUrl: "https://[2001:db8::1]:8443", loopback: false }, "[2001:DB8::1]:8443"),
    "2001:db8::1",
  )
})

test("every other host is misdirected", () => {
  const others = [
    "evil.example",
    "secrets.example.evil",
    "xsecrets.example",
    "secrets.example:80",
    "secrets.example:7070",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "10.0.0.1",
  ]
  for (const host of others) assert.ok(refused(PUBLIC, [host]), host)
})

test("loopback names always pass on a loopback listener, and only there", () => {
  for (const host of ["localhost", "localhost:7070", "LocalHost:8080", "127.0.0.1:7070", "127.8.8.8", "[::1]:7070"]) {
    assert.ok(!refused(LOCAL, [host]), host)
    assert.ok(refused({ ...LOCAL, publicUrl: PUBLIC.publicUrl, loopback: false }, [host]), host)
  }
  assert.ok(refused(LOCAL, ["evil.example:7070"]))
  assert.equal(allowed({ ...PUBLIC, loopback: true }, "secrets.example"), "secrets.example", "behind a local proxy")
})

test("a missing, doubled or odd Host is refused", () => {
  for (const hosts of [undefined, [], ["localhost", "localhost"], ["localhost", "evil.example"]]) {
    assert.ok(refused(LOCAL, hosts), JSON.stringify(hosts))
  }
  const odd = [
    "",
    " ",
    "localhost ",
    " localhost",
    "localhost.",
    "localhost:",
    "localhost:0",
    "localhost:07070",
    "localhost:65536",
    "localhost:x",
    "user@localhost",
    "localhost/",
    "localhost,evil.example",
    "local\thost",
    "::1",
    "[::1",
    "[localhost]",
    "l\u00f6calhost",
    "localhost:7070:7070",
    "-",
    "a".repeat(254),
  ]
  for (const host of odd) assert.ok(refused(LOCAL, [host]), JSON.stringify(host))
})

test("ports up to 65535 are ports", () => {
  assert.ok(!refused(LOCAL, ["localhost:65534"]))
  assert.ok(!refused(LOCAL, ["localhost:65535"]))
  assert.ok(refused(LOCAL, ["localhost:65536"]))
})

test("a page opened under another loopback name is sent to PUBLIC_URL", () => {
  assert.equal(pageRedirect("127.0.0.1", "/setup", LOCAL.publicUrl), "http://localhost:7070/setup")
  assert.equal(pageRedirect("::1", "/login", LOCAL.publicUrl), "http://localhost:7070/login")
  assert.equal(pageRedirect("localhost", "/setup", "https://secrets.example"), "https://secrets.example/setup")
  assert.equal(pageRedirect("localhost", "/setup", LOCAL.publicUrl), undefined)
  assert.equal(pageRedirect("::1", "/setup", "http://[::1]:7070"), undefined)
})

test("an address is one in plain spelling, with any port; a name is none, whatever it resolves to", () => {
  for (const host of ["10.20.3.4", "10.20.3.4:7070", "127.0.0.1:1", "[::1]", "[fd00::1]:65535", "[::ffff:10.0.0.1]"])
    assert.ok(namesAddress([host]), host)
  const others = [
    "localhost",
    "10.0.0.1.evil.example",
    "10.0.0",
    "10.0.0.256",
    "0x7f.0.0.1",
    "2130706433",
    "10.0.0.1:0",
  ]
  for (const host of [
    ...others,
    "10.0.0.1:65536",
    "fd00::1",
    "[fd00::1",
    "[10.0.0.1]",
    "[]",
    "",
    "10.0.0.1/",
    "a@10.0.0.1",
  ])
    assert.ok(!namesAddress([host]), host)
  assert.ok(!namesAddress(undefined))
  assert.ok(!namesAddress(["10.0.0.1", "10.0.0.1"]))
})
