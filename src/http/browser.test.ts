import assert from "node:assert/strict"
import { test } from "node:test"
import { clearCookie, mayUseCookie, readCookie, sessionCookie, setCookie } from "./browser.ts"

const PLAIN = "http://localhost:7070"
const HTTPS = "https://secrets.example"

test("over https the cookie is __Host-, Secure, HttpOnly and strict", () => {
  const cookie = sessionCookie(HTTPS)
  assert.equal(setCookie(cookie, "abc", 60), "__Host-tyler=abc; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=60")
  assert.equal(clearCookie(cookie), "__Host-tyler=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0")
})

test("on plain http, which is loopback only, it has neither Secure nor the prefix", () => {
  const cookie = sessionCookie(PLAIN)
  assert.equal(clearCookie(cookie), "tyler=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
  assert.equal(setCookie(cookie, "abc", 60.9), "tyler=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60")
  assert.match(setCookie(cookie, "abc", -1), /Max-Age=1$/)
})

test("what is set is read back", () => {
  assert.equal(readCookie("other=1; tyler=abc_-9; more=2", sessionCookie(PLAIN)), "abc_-9")
  assert.equal(readCookie("__Host-tyler=abc", sessionCookie(HTTPS)), "abc")
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
    assert.equal(readCookie(header, sessionCookie(PLAIN)), undefined, header)
  }
  assert.equal(readCookie("tyler=abc", sessionCookie(HTTPS)), undefined)
  for (const length of [255, 256])
    assert.equal(readCookie(`tyler=${"a".repeat(length)}`, sessionCookie(PLAIN))?.length, length)
})

test("safe methods may use the cookie from anywhere", () => {
  for (const method of ["GET", "HEAD", "OPTIONS"])
    assert.ok(mayUseCookie({ method, fetchSite: "cross-site", origin: "https://evil.example" }, PLAIN))
})

test("unsafe methods may use it only from our own pages", () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
    assert.ok(mayUseCookie({ method, fetchSite: "same-origin", origin: PLAIN }, PLAIN))
    assert.ok(
      mayUseCookie({ method, fetchSite: "same-origin", origin: "http://localhost:8080" }, PLAIN),
      "through a forwarded port",
    )
    assert.ok(mayUseCookie({ method, fetchSite: undefined, origin: PLAIN }, PLAIN))
    for (const site of ["cross-site", "same-site", "none", "", "Same-Origin", "same-origin,same-origin"]) {
      assert.ok(!mayUseCookie({ method, fetchSite: site, origin: PLAIN }, PLAIN), site)
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
      assert.ok(!mayUseCookie({ method, fetchSite: undefined, origin }, PLAIN), origin)
    }
  }
})
