import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import { hashToken, newToken, parseToken, SESSION_LIFETIME_MS, TOKEN_DAYS } from "./credential.ts"

test("a token is its prefix and 256 random bits; only SHA-256 of it is kept", () => {
  const zeros = { ...systemRandom, bytes: (count: number) => Buffer.alloc(count) }
  assert.equal(newToken("session", zeros).token, `tys_${"A".repeat(43)}`)
  assert.equal(newToken("token", zeros).token, `typ_${"A".repeat(43)}`)
  for (const kind of ["session", "token"] as const) {
    const { token, tokenHash } = newToken(kind, systemRandom)
    assert.match(token, /^ty[sp]_[A-Za-z0-9_-]{43}$/)
    assert.equal(Buffer.from(token.slice(4), "base64url").byteLength, 32)
    assert.deepEqual(tokenHash, createHash("sha256").update(token).digest())
    assert.deepEqual(hashToken(token), tokenHash)
    assert.notEqual(newToken(kind, systemRandom).token, token)
  }
})

test("what cannot be a token is known without a look-up", () => {
  const { token } = newToken("session", systemRandom)
  assert.equal(parseToken(token), token)
  const odd = [
    "",
    token.slice(0, -1),
    `${token}A`,
    `${token}\n`,
    ` ${token}`,
    token.toUpperCase(),
    token.replace("tys_", "tyx_"),
    token.replace("tys_", ""),
    `tys_${"A".repeat(42)}=`,
    `tys_${"A".repeat(42)}+`,
    `tys_${"A".repeat(1_000_000)}`,
  ]
  for (const text of odd) assert.equal(parseToken(text), undefined, text.slice(0, 60))
})

test("lifetimes are the documented ones", () => {
  assert.equal(SESSION_LIFETIME_MS, 12 * 60 * 60 * 1000)
  assert.deepEqual(TOKEN_DAYS, { least: 1, usual: 90, most: 365 })
})
