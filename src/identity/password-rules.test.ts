import assert from "node:assert/strict"
import { test } from "node:test"
import { COMMON_PASSWORDS, COMMON_WORDS } from "./common-passwords.ts"
import { PASSWORD_MAX, PASSWORD_MIN, passwordFault } from "./password-rules.ts"

/** `length` code points nobody would guess, without repeats or runs. */
function odd(length: number, alphabet = "hq8zd2mwk5xtb9nrf7cvj3gpls4"): string {
  const points = Array.from(alphabet)
  return Array.from({ length }, (_, at) => points[(at * at + 3 * at) % points.length]).join("")
}

test("15 to 128 code points, of whatever plane, in the composed form", () => {
  assert.match(passwordFault(odd(PASSWORD_MIN - 1), "ada") ?? "", /too short: at least 15/)
  assert.equal(passwordFault(odd(PASSWORD_MIN), "ada"), undefined)
  assert.equal(passwordFault(odd(PASSWORD_MAX - 1), "ada"), undefined)
  assert.equal(passwordFault(odd(PASSWORD_MAX), "ada"), undefined)
  assert.match(passwordFault(odd(PASSWORD_MAX + 1), "ada") ?? "", /too long: at most 128/)
  const plants = "🌵🌲🌳🌴🌱🌿🍀🍁🍂🍃🌷🌸🌹🌺🌻🌼💐"
  assert.match(passwordFault(odd(14, plants), "ada") ?? "", /too short/)
  assert.equal(passwordFault(odd(15, plants), "ada"), undefined)
  assert.equal(passwordFault(odd(128, plants), "ada"), undefined)
  assert.match(passwordFault("e\u0301q8zd2mwk5xtb9".normalize("NFD"), "ada") ?? "", /too short/)
  assert.match(passwordFault("x".repeat(1_000_000), "ada") ?? "", /too long/)
})

test("half a surrogate pair is refused: two such passwords would hash alike", () => {
  assert.match(passwordFault(`${odd(20)}\ud83c`, "ada") ?? "", /surrogate/)
})

test("every listed password is refused, in any case", () => {
  assert.ok(COMMON_PASSWORDS.size >= 100)
  for (const password of COMMON_PASSWORDS) {
    assert.ok(Array.from(password).length >= PASSWORD_MIN, `${password} is refused for its length already`)
    assert.ok(passwordFault(password.toUpperCase(), "ada"), password)
  }
})

test("what a guesser tries first is refused, however it is decorated", () => {
  const guesses = [
    "passwordpassword",
    "Password12345678",
    "P@ssw0rdP@ssw0rd",
    "Passw0rd!!!!2026",
    "WelcomeWelcome123",
    "administrator!!1",
    "Summer2026Summer2026",
    "qwertyuiopasdfgh",
    "poiuytrewqlkjhgfdsa",
    "1qaz2wsx3edc4rfv",
    "1QAZ2WSX3EDC4RFV5TGB6YHN",
    "abcdefghijklmnopqr",
    "123456789012345678",
    "aaaaaaaaaaaaaaaaaa",
    "abababababababab",
    "wolf7wolf7wolf7wolf7",
    "admintestuser123",
  ]
  for (const guess of guesses) assert.ok(passwordFault(guess, "ada"), guess)
})

test("the user name counts for nothing", () => {
  assert.ok(passwordFault("grace.hopper-1906", "grace.hopper"))
  assert.ok(passwordFault("Grace.HopperGrace.Hopper", "grace.hopper"))
  assert.equal(passwordFault("grace.hopper-1906", "ada"), undefined)
  assert.equal(passwordFault("grace.hopper kq8z wd2m", "grace.hopper"), undefined)
})

test("a short favourite is listed once, and none hides a longer one", () => {
  assert.equal(new Set(COMMON_WORDS).size, COMMON_WORDS.length)
  for (const [at, word] of COMMON_WORDS.entries())
    assert.ok(!COMMON_WORDS.slice(at + 1).some((later) => later.includes(word)), word)
})

test("ordinary good passwords pass", () => {
  const good = [
    "quiet-harbour-violin-17",
    "amber-window-thistle-93",
    "we were late for the ferry",
    "zwölf Boxkämpfer jagen Viktor",
    "盧溝曉月金臺夕照薊門煙樹西山晴雪",
    "Tr0ub4dor&3 is not enough",
    "vK9#qLw2!xRz8@m",
    "my secret garden has nine ponds",
  ]
  for (const password of good) assert.equal(passwordFault(password, "ada"), undefined, password)
})
