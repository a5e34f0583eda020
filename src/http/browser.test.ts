import assert from "node:assert/strict"
import { test } from "node:test"
import { clearedCookie, cookieToken, sameSite, sessionCookie } from "./browser.ts"

const PLAIN = "http://localhost:7070"
const HTTPS = "https://secrets.example"

test("over https the cookie is __Host-, Secure, HttpOnly and strict", () => {
  assert.equal(
    sessionCookie(HTTPS, "abc", 1_800_000_000_000),
    "__Host-tyler=abc; Path=/; HttpOnly; SameSite=Strict; Secure; Expires=Fri, 15 Jan 2027 08:00:00 GMT",
  )
  assert.equal(clearedCookie(HTTPS), "__Host-tyler=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0")
})

test("on plain http, which is loopback only, it has neither Secure nor the prefix", () => {
  assert.equal(clearedCookie(PLAIN), "tyler=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
  assert.match(sessionCookie(PLAIN, "abc", 0), /^tyler=abc; Path=\/; HttpOnly; SameSite=Strict; Expires=/)
})

test("what is set is read back", () => {
  assert.equal(cookieToken(PLAIN, "other=1; tyler=abc_-9; more=2"), "abc_-9")
  assert.equal(cookieToken(HTTPS, "__Host-tyler=abc"), "abc")
})

test("the other scheme's cookie, a doubled one and an odd one count as none", () => {
  for (const header of [
    undefined,
    "",
    "tyler=",
    "tyler",
    "xtyler=abc",
    "tyler=a b",
    "tyler=abc; tyler=def",
    'tyler="abc"',
    "Tyler=abc",
    "__Host-tyler=abc",
    `tyler=${"a".repeat(257)}`,
  ]) {
    assert.equal(cookieToken(PLAIN, header), undefined, header)
  }
  assert.equal(cookieToken(HTTPS, "tyler=abc"), undefined)
  for (const length of [255, 256]) assert.equal(cookieToken(PLAIN, `tyler=${"a".repeat(length)}`)?.length, length)
})

test("safe methods may use the cookie from anywhere", () => {
  for (const method of ["GET", "HEAD", "OPTIONS"])
    assert.ok(sameSite(PLAIN, method, "cross-site", "https://evil.example"))
})

test("unsafe methods may use it only from our own pages", () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
    assert.ok(sameSite(PLAIN, method, "same-origin", PLAIN))
    assert.ok(sameSite(PLAIN, method, "same-origin", "http://localhost:8080"), "through a forwarded port")
    assert.ok(sameSite(PLAIN, method, undefined, PLAIN))
    for (const site of ["cross-site", "same-site", "none", "", "Same-Origin", ["same-origin", "same-origin"]]) {
      assert.ok(!sameSite(PLAIN, method, site, PLAIN), String(site))
    }
    for (const origin of [
      undefined,
      "null",
      "",
      `${PLAIN}/`,
      "http://localhost:7071",
      "https://localhost:7070",
      "http://127.0.0.1:7070",
    ]) {
      assert.ok(!sameSite(PLAIN, method, undefined, origin), origin)
    }
  }
})
