import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { Script } from "node:vm"
import { otpauthUri } from "../../src/identity/totp.ts"
import { USERNAME_LIMIT } from "../../src/identity/username.ts"
import { type Modules, QR_SCRIPT, qrCode } from "../../src/core/qr.ts"

/**
 * Bytes of text, version, and SHA-256 of the modules row by row: made with the npm package `qrcode` 1.5.4 (bytes, level M,
 * the same mask) and read back by `jsqr` 1.4.0. The lengths are the ends of versions and one more.
 */
const VECTORS: readonly (readonly [number, number, string])[] = [
  [1, 1, "ivHsPttHiEX0ewOqfc_umFGws2YUlqeNnmxxLxKQefY"],
  [14, 1, "UguVx6ANoWykGB_z-i3wkNIWuuRXWyjEdxVL_c-sEaY"],
  [15, 2, "7OLLZqcUCwQGIrtSxBZIQXBwdMoayPfyUN9jQeD7IT0"],
  [122, 7, "9Qvy1b7d69OBm-v6hX268FlNPbcc1tSn0Vg1OtX9U_0"],
  [152, 8, "V_viCDeaiv1gh-578nhNFSnGTiNjHKe9LIupwlN3nkY"],
  [180, 9, "5JbcWyAeKC7MxoSvkuDnxxDZqqbgWTs8lLAMQCHmlN4"],
  [213, 10, "pq07IiBHXZq4gMKfwS8LwO6ufQuY1CBCW8d9h2oJbVU"],
  [1059, 26, "OwQ3q3lAB4DQ3DTippBL1lGrxEzQKQce1Gjto9L0vpY"],
  [1366, 30, "fvN8A5Ras9aT66TdfTfy2w7z7TACAuIm_NImlj9XNco"],
  [2330, 40, "B1vwdke_axgct7EfprClgHncA-goSs_7lHfsB3IqHYk"],
  [2331, 40, "z9mA6z7NgigxC2xWIYh3Yb3QS02fuN68Ot6gUpGhSCU"],
]

function text(length: number): string {
  const source = "otpauth://totp/Ty%20:abcXYZ"
  return Array.from({ length }, (_, at) => source[(at * 7 + length) % source.length]).join("")
}

function digest(modules: Modules): string {
  return createHash("sha256").update(Buffer.concat(modules)).digest("base64url")
}

test("codes are those of a known encoder", () => {
  for (const [length, version, expected] of VECTORS) {
    const modules = qrCode(text(length))
    assert.equal(modules.length, 17 + 4 * version)
    assert.equal(digest(modules), expected, `${length} bytes`)
  }
})

test("2,331 bytes are the most, and the address of the longest name is far below", () => {
  assert.throws(() => qrCode("x".repeat(2332)), RangeError)
  assert.throws(() => qrCode("é".repeat(1166)), RangeError)
  const uri = otpauthUri({ issuer: "Tyler Setup", account: "+".repeat(USERNAME_LIMIT), seed: new Uint8Array(20) })
  assert.ok(qrCode(uri).length <= 17 + 4 * 25, "scanned from a screen")
})

test("what the browser gets draws the same", () => {
  const run = new Script(`(() => { ${QR_SCRIPT}; return qrCode })()`).runInThisContext() as typeof qrCode
  for (const length of [1, 180, 213]) assert.equal(digest(run(text(length))), digest(qrCode(text(length))))
})
