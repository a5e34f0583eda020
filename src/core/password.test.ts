import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { drawPassword, type PasswordWanted } from "./password.ts"
import { systemRandom } from "./random.ts"

const ALL: PasswordWanted = {
  length: 32,
  exclude: "",
  lowercase: true,
  uppercase: true,
  numbers: true,
  punctuation: true,
  space: false,
  everyClass: true,
}

const CLASSES = {
  lowercase: /[a-z]/,
  uppercase: /[A-Z]/,
  numbers: /[0-9]/,
  punctuation: /[!-/:-@[-`{-~]/,
  space: / /,
} as const
type Class = keyof typeof CLASSES
const NAMES = Object.keys(CLASSES) as Class[]

test("of any wish: its length, no excluded character, no other class, and each class where each must be", () => {
  const chars = fc.string({ maxLength: 40 })
  const flags = fc.record(
    Object.fromEntries(NAMES.map((name) => [name, fc.boolean()])) as Record<Class, fc.Arbitrary<boolean>>,
  )
  fc.assert(
    fc.property(flags, chars, fc.integer({ min: 1, max: 80 }), fc.boolean(), (given, exclude, length, everyClass) => {
      const wanted = { ...given, exclude, length, everyClass }
      const asked = NAMES.filter((name) => given[name])
      let password: string
      try {
        password = drawPassword(systemRandom, wanted)
      } catch (error) {
        const gone = asked.some((name) => emptied(name, exclude))
        const short = everyClass && length < asked.length
        assert.ok(asked.length === 0 || gone || short, String(error))
        return
      }
      assert.equal(password.length, length)
      for (const char of password) {
        assert.ok(!exclude.includes(char), char)
        assert.ok(
          asked.some((name) => CLASSES[name].test(char)),
          char,
        )
      }
      if (everyClass) for (const name of asked) assert.match(password, CLASSES[name])
    }),
  )
})

function emptied(name: Class, exclude: string): boolean {
  const all = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).filter((char) =>
    CLASSES[name].test(char),
  )
  return all.every((char) => exclude.includes(char))
}

test("punctuation is all 32 marks, and the space comes by itself only", () => {
  const only = { ...ALL, lowercase: false, uppercase: false, numbers: false, length: 4096 }
  assert.equal(new Set(drawPassword(systemRandom, only)).size, 32)
  const spaces = { ...only, punctuation: false, space: true, length: 3 }
  assert.equal(drawPassword(systemRandom, spaces), "   ")
})

test("no character and no place is favoured", () => {
  const counts = new Map<string, number>()
  const first = new Map<string, number>()
  const draws = 4000
  for (let round = 0; round < draws; round++) {
    const password = drawPassword(systemRandom, { ...ALL, length: 40 })
    for (const char of password.slice(4)) counts.set(char, (counts.get(char) ?? 0) + 1)
    const kind = NAMES.find((name) => CLASSES[name].test(password[0] ?? "")) ?? ""
    first.set(kind, (first.get(kind) ?? 0) + 1)
  }
  // 144,000 characters of 94 kinds. Five standard deviations of an even draw, and some for the four that must be.
  const expected = (draws * 36) / 94
  assert.equal(counts.size, 94)
  for (const [char, count] of counts) assert.ok(Math.abs(count - expected) < expected * 0.25, `${char} ${count}`)
  // A class that must be there does not stand at the front: a digit would, one time in four.
  assert.ok((first.get("numbers") ?? 0) < draws * 0.2, String(first.get("numbers")))
})

test("what cannot be made is refused", () => {
  const impossible: Partial<PasswordWanted>[] = [
    { length: 3 },
    { lowercase: false, uppercase: false, numbers: false, punctuation: false },
    { exclude: "0123456789" },
    { lowercase: false, uppercase: false, punctuation: false, exclude: "0123456789", everyClass: false },
  ]
  for (const wish of impossible)
    assert.throws(() => drawPassword(systemRandom, { ...ALL, ...wish }), { code: "invalid_request" })
  assert.equal(drawPassword(systemRandom, { ...ALL, length: 4 }).length, 4)
  assert.doesNotMatch(drawPassword(systemRandom, { ...ALL, exclude: "0123456789", everyClass: false }), /\d/)
})

test("every character comes up as often as every other, in every place", () => {
  const wanted = { ...ALL, length: 20, everyClass: false, space: true }
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

test("lengths: 1 and 4,096, neither 0 nor 4,097", () => {
  const easy = { ...ALL, everyClass: false }
  assert.equal(drawPassword(systemRandom, { ...easy, length: 1 }).length, 1)
  assert.equal(drawPassword(systemRandom, { ...easy, length: 4096 }).length, 4096)
  for (const length of [0, 4097, 1.5, Number.NaN])
    assert.throws(() => drawPassword(systemRandom, { ...easy, length }), { code: "invalid_request" })
})

function chiSquared(counts: ReadonlyMap<string, number>, expected: number): number {
  let sum = 0
  for (const count of counts.values()) sum += (count - expected) ** 2 / expected
  return sum
}
