import assert from "node:assert/strict"
import { test } from "node:test"
import { parseAddress, queryText, secretPath } from "./address.ts"
import { TylerApiError } from "./error.ts"

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof TylerApiError)
    return error.code
  }
  return "none"
}

test("http reaches loopback hosts only, unless it is allowed on purpose", () => {
  for (const url of [
    "http://localhost:7070",
    "http://127.0.0.1",
    "http://127.1",
    "http://[::1]:7070",
    "http://a.localhost",
  ])
    assert.equal(
      codeOf(() => parseAddress(url)),
      "none",
      url,
    )
  const far = [
    "http://tyler.example.com",
    "http://localhost.example.com",
    "http://10.0.0.1",
    "http://127.0.0.1.example.com",
  ]
  for (const url of [...far, "http://[::ffff:10.0.0.1]", "http://0.0.0.0"]) {
    assert.equal(
      codeOf(() => parseAddress(url)),
      "insecure_address",
      url,
    )
    assert.equal(
      codeOf(() => parseAddress(url, true)),
      "none",
      url,
    )
  }
})

test("an address is a plain URL in one spelling", () => {
  assert.equal(parseAddress("HTTPS://Tyler.Example.com:443/base//"), "https://tyler.example.com/base")
  for (const url of ["", "localhost:7070", "ftp://a", "file:///etc", "https://u:p@a", "https://a?x", "https://a#x"])
    assert.equal(
      codeOf(() => parseAddress(url, true)),
      "insecure_address",
      url,
    )
})

test("a name goes into the path as it is, and one that a URL would change is refused", () => {
  assert.equal(secretPath("config/a_b+c=d.e@f-g"), "/api/secrets/config/a_b+c=d.e@f-g")
  for (const name of [
    "",
    "a/../b",
    "./a",
    "a//b",
    "a/",
    "/a",
    "a%2fb",
    "a?b",
    "a#b",
    "a\\b",
    "a b",
    "\u00e4",
    "a".repeat(513),
  ])
    assert.equal(
      codeOf(() => secretPath(name)),
      "invalid_name",
      name,
    )
})

test("a query holds what is given, escaped", () => {
  assert.equal(queryText({}), "")
  assert.equal(queryText({ q: undefined, limit: 5, prefix: "a&b=c" }), "?limit=5&prefix=a%26b%3Dc")
})
