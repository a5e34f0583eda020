import { TylerError } from "../core/errors.ts"
import { drawPassword, type PasswordWanted } from "../core/password.ts"
import { type Random, randomText, systemRandom } from "../core/random.ts"
import { invalid, isObject, type JsonObject } from "./secret-json.ts"

/** All punctuation but what a URL's user part, a DSN, a shell and a line of a .env file take as it is (RFC 3986, 2.3). */
const AWKWARD = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}"

const USUAL: PasswordWanted = {
  length: 32,
  exclude: AWKWARD,
  lowercase: true,
  uppercase: true,
  numbers: true,
  punctuation: true,
  space: false,
  everyClass: true,
}

const SHORTEST = 16

/**
 * How the secret wants its passwords: its member `generate`, `{"length": 16 to 4096, "exclude": "…", "lowercase": true,
 * "uppercase": true, "numbers": true, "punctuation": true}`, all of them optional. `exclude` stands in place of the usual
 * one, which leaves `-._~` of punctuation.
 * @throws RotationFault `secret_invalid`
 */
export function passwordRule(all: JsonObject): PasswordWanted {
  const asked = all["generate"] ?? {}
  if (!isObject(asked)) throw invalid("generate", "is not an object")
  const { length = USUAL.length, exclude = USUAL.exclude } = asked
  if (typeof length !== "number" || !Number.isInteger(length) || length < SHORTEST || length > 4096)
    throw invalid("generate.length", `is not a number from ${SHORTEST} to 4096`)
  if (typeof exclude !== "string" || exclude.length > 256)
    throw invalid("generate.exclude", "is no text of at most 256")
  const rule = {
    ...USUAL,
    length,
    exclude,
    lowercase: flagIn(asked, "lowercase"),
    uppercase: flagIn(asked, "uppercase"),
    numbers: flagIn(asked, "numbers"),
    punctuation: flagIn(asked, "punctuation"),
  }
  newPassword(systemRandom, rule)
  return rule
}

export function newPassword(random: Random, rule: PasswordWanted): string {
  try {
    return drawPassword(random, rule)
  } catch (error) {
    throw error instanceof TylerError ? invalid("generate", "leaves no password to draw") : error
  }
}

function flagIn(object: JsonObject, field: string): boolean {
  const value = object[field] ?? true
  if (typeof value !== "boolean") throw invalid(`generate.${field}`, "is neither true nor false")
  return value
}

const CONSONANTS = "bdfghjklmnprstvz"
const VOWELS = "aiou"

/** Words that can be said, 16 random bits each: proquints (Wilkerson 2009, arXiv 0901.4016). @param words 4 to 32 */
export function newPassphrase(random: Random, words: number): string {
  const bytes = random.bytes(words * 2)
  return Array.from({ length: words }, (_, at) => proquint((bytes[at * 2] ?? 0) * 256 + (bytes[at * 2 + 1] ?? 0))).join(
    "-",
  )
}

function proquint(bits: number): string {
  const consonant = (shift: number): string => CONSONANTS.charAt((bits >> shift) & 15)
  const vowel = (shift: number): string => VOWELS.charAt((bits >> shift) & 3)
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0)
}

/** Unpadded base64url. @param bytes 16 to 1024 */
export function newToken(random: Random, bytes: number): string {
  return randomText(random, bytes)
}
