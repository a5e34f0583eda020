import { TylerError } from "./errors.ts"
import type { Random } from "./random.ts"

/** What AWS Secrets Manager's GetRandomPassword can be told. */
export interface PasswordWanted {
  /** 1 to 4,096 characters. */
  readonly length: number
  /** Characters that must not come up. */
  readonly exclude: string
  readonly lowercase: boolean
  readonly uppercase: boolean
  readonly numbers: boolean
  readonly punctuation: boolean
  readonly space: boolean
  /** At least one character of each class that is asked for. */
  readonly everyClass: boolean
}

const CLASSES = {
  lowercase: "abcdefghijklmnopqrstuvwxyz",
  uppercase: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  numbers: "0123456789",
  punctuation: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
  space: " ",
} as const

export const LONGEST_PASSWORD = 4096

/**
 * Every character independently and evenly of all that may come up; where each class must, one of each first, and then
 * all in random order.
 * @throws TylerError `invalid_request`
 */
export function drawPassword(random: Random, wanted: PasswordWanted): string {
  if (!Number.isInteger(wanted.length) || wanted.length < 1 || wanted.length > LONGEST_PASSWORD)
    throw refused("A password has 1 to 4096 characters")
  const excluded = new Set(wanted.exclude)
  const classes = (Object.keys(CLASSES) as (keyof typeof CLASSES)[])
    .filter((name) => wanted[name])
    .map((name) => Array.from(CLASSES[name]).filter((char) => !excluded.has(char)))
  const all = classes.flat()
  if (all.length === 0) throw refused("No character is left to make a password of")
  const first = wanted.everyClass ? classes : []
  if (first.some((chars) => chars.length === 0)) throw refused("A class of characters is required and excluded whole")
  if (wanted.length < first.length) throw refused(`The password is too short for ${first.length} required classes`)
  const rest = Array.from({ length: wanted.length - first.length }, () => all)
  return shuffled(
    random,
    [...first, ...rest].map((chars) => chars[below(random, chars.length)] ?? ""),
  ).join("")
}

function refused(error: string): TylerError {
  return new TylerError("invalid_request", { error })
}

/** Fisher and Yates. */
function shuffled(random: Random, chars: string[]): string[] {
  for (let last = chars.length - 1; last > 0; last--) {
    const other = below(random, last + 1)
    const held = chars[last] ?? ""
    chars[last] = chars[other] ?? ""
    chars[other] = held
  }
  return chars
}

/** Evenly from 0 to `limit` - 1: what a remainder would favour is drawn again. @param limit 1 to 65,536 */
function below(random: Random, limit: number): number {
  const end = 65_536 - (65_536 % limit)
  for (;;) {
    const [high = 0, low = 0] = random.bytes(2)
    const drawn = high * 256 + low
    if (drawn < end) return drawn % limit
  }
}
