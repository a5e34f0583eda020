import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { systemRandom } from "../core/random.ts"
import { matchTotp, newTotpSeed, otpauthUri, totpCode, totpSeedText, totpStep } from "./totp.ts"

/** RFC 6238, appendix B: the seed, and for SHA-1 the last six of the eight digits. */
const RFC_SEED = Buffer.from("12345678901234567890")
const RFC_6238 = [
  [59, "287082"],
  [1111111109, "081804"],
  [1111111111, "050471"],
  [1234567890, "005924"],
  [2000000000, "279037"],
  [20000000000, "353130"],
] as const
/** RFC 4226, appendix D: counters 0 to 9. */
const RFC_4226 = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split(" ")
const NOW = Date.UTC(2026, 10, 27, 12, 0, 10)
const STEP = totpStep(NOW)

test("codes are those of RFC 6238 and RFC 4226", () => {
  for (const [seconds, code] of RFC_6238) {
    assert.equal(totpCode(RFC_SEED, totpStep(seconds * 1000)), code)
    assert.equal(matchTotp(RFC_SEED, code, seconds * 1000, -1), Math.floor(seconds / 30))
  }
  for (const [counter, code] of RFC_4226.entries()) assert.equal(totpCode(RFC_SEED, counter), code)
})

test("a step lasts 30 seconds", () => {
  assert.equal(totpStep(0), 0)
  assert.equal(totpStep(29_999), 0)
  assert.equal(totpStep(30_000), 1)
  assert.equal(totpStep(59_999), 1)
})

test("one step early or late is accepted, two are not", () => {
  for (const [drift, good] of [
    [-2, false],
    [-1, true],
    [0, true],
    [1, true],
    [2, false],
  ] as const)
    assert.equal(matchTotp(RFC_SEED, totpCode(RFC_SEED, STEP + drift), NOW, -1), good ? STEP + drift : undefined)
  assert.equal(matchTotp(RFC_SEED, totpCode(RFC_SEED, 0), 0, -1), 0)
})

test("a step is good once, and none before it afterwards", () => {
  const now = totpCode(RFC_SEED, STEP)
  assert.equal(matchTotp(RFC_SEED, now, NOW, STEP - 1), STEP)
  assert.equal(matchTotp(RFC_SEED, now, NOW, STEP), undefined)
  assert.equal(matchTotp(RFC_SEED, now, NOW, STEP + 1), undefined)
  assert.equal(matchTotp(RFC_SEED, totpCode(RFC_SEED, STEP - 1), NOW, STEP), undefined)
  assert.equal(matchTotp(RFC_SEED, totpCode(RFC_SEED, STEP + 1), NOW, STEP), STEP + 1)
})

test("only a text of six ASCII digits is a code", () => {
  const code = totpCode(RFC_SEED, STEP)
  const fullWidth = code.replaceAll(/./g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
  const odd = [
    ` ${code}`,
    `${code} `,
    `${code}\n`,
    `${code.slice(0, 3)} ${code.slice(3)}`,
    `${code.slice(0, 3)}-${code.slice(3)}`,
    `0${code}`,
    code.slice(1),
    `${code}\u0000`,
    fullWidth,
    `\u200b${code}`,
    "",
    Number(code),
    BigInt(code),
    [code],
    code.split(""),
    { toString: () => code },
    Buffer.from(code),
    null,
    undefined,
    true,
  ]
  for (const each of odd) assert.equal(matchTotp(RFC_SEED, each, NOW, -1), undefined)
  assert.equal(matchTotp(RFC_SEED, code, NOW, -1), STEP)
})

test("over random seeds and times: what matches is a code of the window, and it never matches twice", () => {
  const seeds = fc.uint8Array({ minLength: 20, maxLength: 20 })
  const times = fc.integer({ min: 120_000, max: 4_102_444_800_000 })
  const codes = fc.integer({ min: 0, max: 999_999 }).map((code) => String(code).padStart(6, "0"))
  fc.assert(
    fc.property(seeds, times, fc.integer({ min: -3, max: 3 }), codes, (seed, now, drift, guess) => {
      const step = totpStep(now)
      const window = [step - 1, step, step + 1]
      const code = totpCode(seed, step + drift)
      const matched = matchTotp(seed, code, now, -1)
      assert.equal(
        matched !== undefined,
        window.some((each) => totpCode(seed, each) === code),
      )
      if (matched !== undefined) {
        assert.equal(totpCode(seed, matched), code)
        assert.equal(matchTotp(seed, code, now, matched), undefined)
      }
      const lucky = matchTotp(seed, guess, now, -1)
      assert.equal(
        lucky !== undefined,
        window.some((each) => totpCode(seed, each) === guess),
      )
    }),
  )
})

test("a seed is 160 random bits in base32 (vectors of RFC 4648, section 10)", () => {
  assert.equal(newTotpSeed(systemRandom).byteLength, 20)
  assert.notDeepEqual(newTotpSeed(systemRandom), newTotpSeed(systemRandom))
  const vectors = ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"]
  for (const [length, text] of vectors.entries())
    assert.equal(totpSeedText(Buffer.from("foobar".slice(0, length))), text)
  assert.equal(totpSeedText(RFC_SEED), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
})

test("the address for authenticator apps escapes what people and companies are called", () => {
  assert.equal(
    otpauthUri({ issuer: "Tyler Setup", account: "ann@example.org", seed: RFC_SEED }),
    "otpauth://totp/Tyler%20Setup:ann%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" +
      "&issuer=Tyler%20Setup&algorithm=SHA1&digits=6&period=30",
  )
  const odd = new URL(otpauthUri({ issuer: "a&b:c/d?e", account: "f&secret=AAAA", seed: RFC_SEED }))
  assert.equal(odd.searchParams.get("issuer"), "a&b:c/d?e")
  assert.deepEqual(odd.searchParams.getAll("secret"), ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"])
})
