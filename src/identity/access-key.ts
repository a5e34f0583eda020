import { type Random, randomText } from "../core/random.ts"
import { hashToken } from "./credential.ts"

/** How long an access key lives, days. */
export const ACCESS_KEY_DAYS = { least: 1, usual: 90, most: 365 } as const
/** Access keys of one person or program that are valid at once: some machines, and one that takes another's place. */
export const ACCESS_KEYS_MAX = 5

/** As AWS writes ids: 20 capitals and digits. Not `AKIA`, so that nobody takes one of ours for one of theirs. */
const PREFIX = "TYAK"
const ID = /^TYAK[A-Z2-7]{16}$/
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
/** Recognisable to secret scanners. */
const SECRET_PREFIX = "tya_"
const SECRET_BYTES = 32

export interface AccessKey {
  /** 80 random bits: no secret, but never drawn twice. */
  readonly id: string
  /** 256 random bits. What signs is this text, prefix included. */
  readonly secret: string
}

export function newAccessKey(random: Random): AccessKey {
  const id = Array.from(random.bytes(16), (byte) => ALPHABET[byte & 31]).join("")
  return { id: PREFIX + id, secret: SECRET_PREFIX + randomText(random, SECRET_BYTES) }
}

/** Undefined for what cannot be an id of ours, so that it costs no look-up. */
export function parseAccessKeyId(text: string): string | undefined {
  return ID.test(text) ? text : undefined
}

/** What its row is found by. */
export function accessKeyHash(id: string): Buffer {
  return hashToken(id)
}
