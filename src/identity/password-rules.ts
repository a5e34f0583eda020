import { COMMON_PASSWORDS, COMMON_WORDS } from "./common-passwords.ts"

/** Code points of the NFC form. NIST SP 800-63B-4: at least 15 where the password stands alone. */
export const PASSWORD_MIN = 15
export const PASSWORD_MAX = 128
/** Characters that must remain once what a guesser tries first is taken out, and how many different ones at the start. */
const OWN_MIN = 8
const DIFFERENT_MIN = 5

/** Why a password will not do, as a text for the person; undefined: it will. @param username canonical. */
export function passwordFault(password: string, username: string): string | undefined {
  if (!password.isWellFormed()) return "The password holds half of a surrogate pair"
  // Bounds the work: NFC does not shorten a text that much.
  const points = password.length > PASSWORD_MAX * 8 ? undefined : Array.from(password.normalize("NFC"))
  if (points === undefined || points.length > PASSWORD_MAX)
    return `The password is too long: at most ${PASSWORD_MAX} characters`
  if (points.length < PASSWORD_MIN) return `The password is too short: at least ${PASSWORD_MIN} characters`
  const folded = points.join("").toLowerCase()
  if (COMMON_PASSWORDS.has(folded)) return "The password is one of those tried first"
  if (new Set(folded).size < DIFFERENT_MIN || ownCharacters(folded, username) < OWN_MIN)
    return "The password is too easy to guess: little is left without common words, repeats, runs and the user name"
  return undefined
}

/** What is said again counts once, common words and the name not at all, a run along a keyboard row as its first key. */
function ownCharacters(folded: string, username: string): number {
  const once = repeatedUnit(folded)
  const plain = unLeet(once)
  const rest = [once, plain].map((text) => withoutRuns(withoutWords(text, username)))
  return Math.min(...rest.map((text) => text.length))
}

/** The shortest text of which `text` is a repetition, the last one perhaps cut short. */
function repeatedUnit(text: string): string {
  for (let length = 1; length < text.length; length++)
    if (text.startsWith(text.slice(length))) return text.slice(0, length)
  return text
}

const LEET: Readonly<Record<string, string>> = {
  "@": "a",
  "4": "a",
  "3": "e",
  "1": "i",
  "!": "i",
  "0": "o",
  "5": "s",
  $: "s",
}

function unLeet(text: string): string {
  return text.replace(/[@431!05$]/g, (mark) => LEET[mark] ?? mark)
}

function withoutWords(text: string, username: string): string {
  let rest = text
  for (const word of [username, ...COMMON_WORDS]) if (word.length >= 4) rest = rest.replaceAll(word, "")
  return rest
}

const ROWS = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "0123456789"]
const COLUMNS = ["1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol."]
const STEPS: ReadonlySet<string> = new Set([...ROWS, ...COLUMNS].flatMap(stepsAlong))

/** Each pair of neighbours, in both directions. */
function stepsAlong(row: string): string[] {
  return Array.from(row.slice(1), (key, at) => [`${row[at]}${key}`, `${key}${row[at]}`]).flat()
}

function withoutRuns(text: string): string {
  const points = Array.from(text)
  return points.filter((point, at) => point !== points[at - 1] && !STEPS.has(`${points[at - 1]}${point}`)).join("")
}
