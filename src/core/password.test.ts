import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { TylerError } from "./errors.ts"
import { drawPassword, type PasswordWanted } from "./password.ts"
import { type Random, systemRandom } from "./random.ts"

const USUAL: PasswordWanted = {
  length: 32,
  exclude: "",
  lowercase: true,
  uppercase: true,
  numbers: true,
  punctuation: true,
  space: false,
  everyClass: true,
}

test("every character comes up as often as every other, in every place", () => {
  const wanted = { ...USUAL, length: 20, everyClass: false, space: true }
  const rounds = 20_000
  const seen = new Map<string, number>()
  const first = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    const password = drawPassword(systemRandom, wanted)
    for (const char of password) seen.set(char, (seen.get(char) ?? 0) + 1)
    first.set(password.charAt(0), (first.get(password.charAt(0)) ?? 0) + 1)
  }
  assert.equal(seen.size, 95)
  // 94 degrees of freedom: above 170 once in some 300,000 runs. A remainder of one byte would give 80,000 and more.
  assert.ok(chiSquared(seen, (rounds * 20) / 95) < 170)
  assert.ok(chiSquared(first, rounds / 95) < 170)
})

test("a class that must come up stands in any place evenly", () => {
  const wanted = { ...USUAL, length: 8, punctuation: false, uppercase: false, exclude: "bcdefghijklmnopqrstuvwxyz" }
  const places = new Map<string, number>()
  const rounds = 20_000
  const digitsOnly: Random = { ...systemRandom, bytes: (count) => systemRandom.bytes(count) }
  for (let round = 0; round < rounds; round++) {
    const password = drawPassword(digitsOnly, { ...wanted, exclude: `${wanted.exclude}123456789` })
    const at = password.indexOf("a")
    assert.notEqual(at, -1)
    if (password.split("a").length === 2) places.set(String(at), (places.get(String(at)) ?? 0) + 1)
  }
  const total = [...places.values()].reduce((sum, count) => sum + count, 0)
  assert.ok(chiSquared(places, total / 8) < 40)
})

test("what was asked for holds for all options", () => {
  const options = fc.record({
    length: fc.integer({ min: 5, max: 200 }),
    exclude: fc.string({ maxLength: 20 }),
    lowercase: fc.boolean(),
    uppercase: fc.boolean(),
    numbers: fc.boolean(),
    punctuation: fc.boolean(),
    space: fc.boolean(),
    everyClass: fc.boolean(),
  })
  fc.assert(
    fc.property(options, (wanted) => {
      let password: string
      try {
        password = drawPassword(systemRandom, wanted)
      } catch (error) {
        assert.ok(error instanceof TylerError && error.code === "invalid_request")
        return
      }
      assert.equal(password.length, wanted.length)
      const classes = [
        [wanted.lowercase, /[a-z]/],
        [wanted.uppercase, /[A-Z]/],
        [wanted.numbers, /[0-9]/],
        [wanted.space, / /],
        [wanted.punctuation, /[!-/:-@[-`{-~]/],
      ] as const
      for (const [asked, pattern] of classes) {
        if (!asked) assert.doesNotMatch(password, pattern)
        else if (wanted.everyClass) assert.match(password, pattern)
      }
      for (const char of wanted.exclude) assert.ok(!password.includes(char))
    }),
  )
})

test("lengths: 1 and 4,096, neither 0 nor 4,097; nothing to draw from is said", () => {
  const easy = { ...USUAL, everyClass: false }
  assert.equal(drawPassword(systemRandom, { ...easy, length: 1 }).length, 1)
  assert.equal(drawPassword(systemRandom, { ...easy, length: 4096 }).length, 4096)
  for (const length of [0, 4097, 1.5, Number.NaN])
    assert.throws(() => drawPassword(systemRandom, { ...easy, length }), TylerError)
  assert.throws(() => drawPassword(systemRandom, { ...USUAL, length: 3 }), /too short for 4/)
  assert.throws(() => drawPassword(systemRandom, { ...USUAL, exclude: "0123456789" }), /excluded whole/)
})

function chiSquared(counts: ReadonlyMap<string, number>, expected: number): number {
  let sum = 0
  for (const count of counts.values()) sum += (count - expected) ** 2 / expected
  return sum
}
