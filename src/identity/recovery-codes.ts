import { equalBytes, sha256 } from "../core/bytes.ts"
import type { Random } from "../core/random.ts"

/** How many codes a person is given at once. */
export const RECOVERY_CODES = 10

const CODE_BYTES = 10
const HASH_BYTES = 32
/** Crockford's base32: no I, L, O or U, so that a code survives being read aloud and typed. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const SPELLING = /^(?:[0-9A-TV-Za-tv-z]{4}-?){3}[0-9A-TV-Za-tv-z]{4}$/
const DOMAIN = Buffer.from("tyler-recovery-code/1\n")

/**
 * Ten codes of 80 random bits, `XXXX-XXXX-XXXX-XXXX`, and all that is kept of them: ten times 32 bytes of SHA-256. With
 * that much entropy a slow hash adds nothing.
 */
export function newRecoveryCodes(random: Random): { readonly codes: readonly string[]; readonly material: Buffer } {
  const plain = Array.from({ length: RECOVERY_CODES }, () => spell(random.bytes(CODE_BYTES)))
  return { codes: plain.map(grouped), material: Buffer.concat(plain.map(hashed)) }
}

/**
 * The one form of a code: 16 capitals and digits. Case does not matter, nor whether the hyphens are there; I and L are
 * read as 1, O as 0. Undefined for any other text.
 */
export function parseRecoveryCode(text: string): string | undefined {
  if (!SPELLING.test(text)) return undefined
  return text.replaceAll("-", "").toUpperCase().replaceAll(/[IL]/g, "1").replaceAll("O", "0")
}

/**
 * The mask of used codes with this one added, or undefined: unknown, used already, or material of another size. The
 * caller stores the mask in a compare-and-set.
 *
 * @param used bit n is code n.
 * @param code as `parseRecoveryCode` answers it.
 */
export function matchRecoveryCode(material: Uint8Array, used: number, code: string): number | undefined {
  if (material.byteLength !== RECOVERY_CODES * HASH_BYTES) return undefined
  if (!Number.isInteger(used) || used < 0 || used >= 1 << RECOVERY_CODES) return undefined
  const given = hashed(code)
  let matched = 0
  // Every code is compared, so that time does not tell which one it was.
  for (let at = 0; at < RECOVERY_CODES; at++)
    if (equalBytes(material.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES), given)) matched |= 1 << at
  return matched === 0 || (used & matched) !== 0 ? undefined : used | matched
}

/** How many of the codes are left. */
export function recoveryCodesLeft(used: number): number {
  return RECOVERY_CODES - used.toString(2).replaceAll("0", "").length
}

function hashed(code: string): Buffer {
  return sha256(DOMAIN, Buffer.from(code))
}

function spell(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString("hex")}`)
  let text = ""
  for (let left = 0; left < (CODE_BYTES * 8) / 5; left++) {
    text = `${ALPHABET[Number(value & 31n)]}${text}`
    value >>= 5n
  }
  return text
}

function grouped(code: string): string {
  return (code.match(/.{4}/g) ?? []).join("-")
}
