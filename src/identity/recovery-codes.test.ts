import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { systemRandom } from "../core/random.ts"
import {
  matchRecoveryCode,
  newRecoveryCodes,
  parseRecoveryCode,
  RECOVERY_CODES,
  recoveryCodesLeft,
} from "./recovery-codes.ts"

const { codes, material } = newRecoveryCodes(systemRandom)
const parsed = codes.map((code) => parseRecoveryCode(code) as string)

test("there are ten codes of 80 bits, all different, and only their hashes are kept", () => {
  assert.equal(new Set(codes).size, RECOVERY_CODES)
  assert.equal(material.byteLength, 320)
  for (const code of codes) {
    assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
    assert.ok(!material.includes(code) && !material.includes(code.replaceAll("-", "")))
  }
  const fixed = (byte: number): string => {
    const random = { ...systemRandom, bytes: (count: number) => Buffer.alloc(count, byte) }
    return newRecoveryCodes(random).codes[0] as string
  }
  assert.equal(fixed(0), "0000-0000-0000-0000")
  assert.equal(fixed(0xff), "ZZZZ-ZZZZ-ZZZZ-ZZZZ")
  const drawn: number[] = []
  newRecoveryCodes({ ...systemRandom, bytes: (count) => (drawn.push(count), systemRandom.bytes(count)) })
  assert.deepEqual(drawn, Array<number>(10).fill(10))
})

test("each code is good once, in any order", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...codes.keys()]), (order) => {
      let used = 0
      for (const at of order) {
        const next = matchRecoveryCode(material, used, parsed[at] as string)
        assert.equal(next, used | (1 << at))
        assert.equal(matchRecoveryCode(material, next, parsed[at] as string), undefined)
        used = next
      }
      assert.equal(recoveryCodesLeft(used), RECOVERY_CODES - order.length)
    }),
  )
})

test("codes of another person, unknown codes and damaged material match nothing", () => {
  const other = newRecoveryCodes(systemRandom)
  for (const code of other.codes)
    assert.equal(matchRecoveryCode(material, 0, parseRecoveryCode(code) as string), undefined)
  const first = parsed[0] as string
  assert.equal(matchRecoveryCode(material.subarray(1), 0, first), undefined)
  assert.equal(matchRecoveryCode(material.subarray(0, 319), 0, first), undefined)
  assert.equal(matchRecoveryCode(Buffer.concat([material, Buffer.alloc(32)]), 0, first), undefined)
  assert.equal(matchRecoveryCode(new Uint8Array(), 0, first), undefined)
  for (const used of [-1, 1024, 0.5, Number.NaN, 2 ** 40])
    assert.equal(matchRecoveryCode(material, used, first), undefined)
  assert.equal(matchRecoveryCode(material, 1022, first), 1023)
})

test("case and hyphens do not matter, letters that look like digits are read as these; nothing else is repaired", () => {
  const code = "0123-4567-89AB-CDEF"
  const plain = "0123456789ABCDEF"
  for (const text of [code, plain, code.toLowerCase(), "0123-456789AB-cdef", "oi23-4567-89ab-cdef", "OL23456789ABCDEF"])
    assert.equal(parseRecoveryCode(text), plain, text)
  const odd = [
    "",
    ` ${code}`,
    `${code}\n`,
    code.replaceAll("-", " "),
    code.replaceAll("-", "\u2010"),
    `${code}-`,
    `-${code}`,
    "0123--4567-89AB-CDEF",
    "01-234567-89AB-CDEF",
    plain.slice(1),
    `${plain}0`,
    "U123-4567-89AB-CDEF",
    "\u0131123-4567-89AB-CDEF",
    "\u017f123-4567-89AB-CDEF",
    "\uff10123-4567-89AB-CDEF",
  ]
  for (const text of odd) assert.equal(parseRecoveryCode(text), undefined, JSON.stringify(text))
})

test("a text that parses has one form, and that form parses to itself", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9A-TV-Za-tv-z]{16}$/), fc.boolean(), (text, hyphens) => {
      const code = parseRecoveryCode(hyphens ? (text.match(/.{4}/g) as string[]).join("-") : text)
      assert.match(code as string, /^[0-9A-HJKMNP-TV-Z]{16}$/)
      assert.equal(parseRecoveryCode(code as string), code)
    }),
  )
})
