import assert from "node:assert/strict"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import { ACCESS_KEY_DAYS, accessKeyHash, newAccessKey, parseAccessKeyId } from "./access-key.ts"
import { hashToken, parseToken } from "./credential.ts"

test("an id is one that AWS's clients accept and nobody takes for AWS's", () => {
  const seen = new Set<string>()
  for (let round = 0; round < 1000; round++) {
    const { id, secret } = newAccessKey(systemRandom)
    assert.match(id, /^\w{16,128}$/)
    assert.match(id, /^[A-Z0-9]{20}$/)
    assert.doesNotMatch(id, /^A[KS]IA/)
    assert.match(secret, /^tya_[A-Za-z0-9_-]{43}$/)
    assert.equal(parseAccessKeyId(id), id)
    assert.deepEqual(accessKeyHash(id), hashToken(id))
    seen.add(id).add(secret)
  }
  assert.equal(seen.size, 2000)
})

test("an id comes of all 80 bits", () => {
  const of = (byte: number) => newAccessKey({ ...systemRandom, bytes: (count) => Buffer.alloc(count, byte) })
  assert.equal(of(0).id, `TYAK${"A".repeat(16)}`)
  assert.equal(of(255).id, `TYAK${"7".repeat(16)}`)
})

test("neither half is a token, and no token is an id", () => {
  const { id, secret } = newAccessKey(systemRandom)
  for (const text of [id, secret]) assert.equal(parseToken(text), undefined)
  for (const text of [
    "",
    secret,
    id.toLowerCase(),
    `${id}A`,
    id.slice(1),
    `${id}\n`,
    "AKIAIOSFODNN7EXAMPLE",
    "TYAK0000000000000000",
  ])
    assert.equal(parseAccessKeyId(text), undefined, text)
})

test("lifetimes are the documented ones", () => {
  assert.deepEqual(ACCESS_KEY_DAYS, { least: 1, usual: 90, most: 365 })
})
