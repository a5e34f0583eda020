import assert from "node:assert/strict"
import { argon2Sync } from "node:crypto"
import { test } from "node:test"
import { systemRandom } from "../core/random.ts"
import { PASSWORD_COST, passwordsAt } from "./password.ts"

const passwords = passwordsAt(PASSWORD_COST)
const PASSWORD = "quiet-harbour-violin-17"

test("a password verifies against its hash; any other does not", async () => {
  const phc = await passwords.hash(PASSWORD, systemRandom)
  assert.equal(await passwords.verify(phc, PASSWORD), true)
  for (const other of ["", PASSWORD.slice(0, -1), `${PASSWORD}x`, PASSWORD.toUpperCase(), ` ${PASSWORD}`])
    assert.equal(await passwords.verify(phc, other), false)
})

test("the hash is argon2id in PHC form with the stated parameters and a salt of its own", async () => {
  const random = { ...systemRandom, bytes: (count: number) => Buffer.alloc(count, 9) }
  const nonce = Buffer.alloc(16, 9)
  const tag = argon2Sync("argon2id", {
    message: PASSWORD,
    nonce,
    memory: 19_456,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
  })
  const unpadded = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "")
  assert.equal(
    await passwords.hash(PASSWORD, random),
    `$argon2id$v=19$m=19456,t=2,p=1$${unpadded(nonce)}$${unpadded(Buffer.from(tag))}`,
  )
  const cheap = await passwordsAt({ memory: 64, passes: 1 }).hash(PASSWORD, systemRandom)
  assert.equal(await passwords.verify(cheap, PASSWORD), false, "nobody's password is kept for less")
  assert.notEqual(await passwords.hash(PASSWORD, systemRandom), await passwords.hash(PASSWORD, systemRandom))
})

test("composed and decomposed spellings are one password; nothing of a long one is cut off", async () => {
  const phc = await passwords.hash("caf\u00e9 caf\u00e9 harbour", systemRandom)
  assert.equal(await passwords.verify(phc, "cafe\u0301 cafe\u0301 harbour"), true)
  assert.equal(await passwords.verify(phc, "cafe cafe harbour"), false)
  const long = await passwords.hash(`${"x".repeat(127)}a`, systemRandom)
  assert.equal(await passwords.verify(long, `${"x".repeat(127)}b`), false)
})

test("nobody's hash and malformed hashes are false for every password", async () => {
  const phc = await passwords.hash(PASSWORD, systemRandom)
  const odd = ["", "x", phc.slice(0, -1), `${phc}A`, phc.replace("t=2", "t=1"), phc.replace("argon2id", "argon2i")]
  for (const stored of [passwords.nobody, ...odd]) assert.equal(await passwords.verify(stored, PASSWORD), false, stored)
})

test("a flood of guesses is told so at once instead of queueing for minutes", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 110 }, () => passwords.verify(passwords.nobody, PASSWORD)),
  )
  const refused = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as unknown)
  assert.equal(refused.length, 110 - 102)
  for (const reason of refused) assert.equal((reason as { code?: string }).code, "rate_limited")
  assert.equal(await passwords.verify(passwords.nobody, PASSWORD), false)
})
