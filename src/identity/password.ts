import { argon2 } from "node:crypto"
import { promisify } from "node:util"
import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Random } from "../core/random.ts"
import { COMMON_PASSWORDS } from "./common-passwords.ts"

/** Code points. NIST SP 800-63B-4: at least 15 where the password stands alone. */
export const PASSWORD_MIN = 15
export const PASSWORD_MAX = 128

/** OWASP's argon2id parameters: 19 MiB, 2 passes, 1 lane. About 25 ms of one core. */
const PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const
const SALT_BYTES = 16
const hashing = promisify(argon2)

/** Hashes at once: the thread pool has four threads and other work. */
const AT_ONCE = 2
/** More than this waiting and the caller hears `busy`: a flood of logins must not queue for minutes. */
const WAITING = 100

/** Why a password will not do, as a text for the person; undefined: it will. */
export function passwordFault(password: string, username: string): string | undefined {
  const length = [...password].length
  if (length < PASSWORD_MIN) return `The password is too short: at least ${PASSWORD_MIN} characters`
  if (length > PASSWORD_MAX) return `The password is too long: at most ${PASSWORD_MAX} characters`
  if (!password.isWellFormed()) return "The password holds half of a surrogate pair"
  const folded = password.toLowerCase()
  if (new Set(folded).size < 5) return "The password repeats too few characters"
  if (username.length >= 4 && folded.replaceAll(username, "").length < PASSWORD_MIN / 2)
    return "The password is little more than the user name"
  if (isCommon(folded)) return "The password is one of those tried first"
  return undefined
}

/** Also in reverse, repeated, and with digits or marks hung on. */
function isCommon(folded: string): boolean {
  const core = folded.replace(/^[\d\W_]+|[\d\W_]+$/g, "")
  const half = folded.slice(0, folded.length / 2)
  const repeated = folded.length % 2 === 0 && half.repeat(2) === folded && COMMON_PASSWORDS.has(half)
  return repeated || COMMON_PASSWORDS.has(folded) || COMMON_PASSWORDS.has(core)
}

/** PHC string, argon2id. @throws TylerError `busy` */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = Buffer.from(random.bytes(SALT_BYTES))
  const tag = await derive(password, salt)
  const { memory, passes, parallelism } = PARAMETERS
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`
}

const PHC = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/

/** @throws TylerError `busy` */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  const [, salt = "", tag = ""] = PHC.exec(phc) ?? []
  const derived = await derive(password, Buffer.from(salt === "" ? "A".repeat(22) : salt, "base64"))
  return salt !== "" && equalBytes(derived, Buffer.from(tag, "base64"))
}

/** A hash nobody's password has: unknown users cost the same work. */
export function dummyHash(): string {
  return `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "")
}

let running = 0
const queue: (() => void)[] = []

async function derive(password: string, salt: Buffer): Promise<Buffer> {
  if (queue.length >= WAITING) throw new TylerError("busy")
  if (running >= AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve))
  running++
  try {
    const message = Buffer.from(password.normalize("NFC"), "utf8")
    return Buffer.from(await hashing("argon2id", { message, nonce: salt, ...PARAMETERS }))
  } finally {
    running--
    queue.shift()?.()
  }
}
