import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from "node:crypto"
import { lengthPrefixed } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Random } from "../core/random.ts"

/**
 * Small secrets of the service's own (seeds of one-time codes, client secrets) inside a row: AES-256-GCM under a key
 * derived from the rows key, bound to where it stands. Not a secret of a person's: those have a data key each.
 */
const IV_BYTES = 12
const TAG_BYTES = 16

/** @param place what the field is of, for example `totp` and the factor's id: moved elsewhere it does not open. */
export function sealField(key: KeyObject, place: readonly string[], plain: Uint8Array, random: Random): Buffer {
  const iv = random.bytes(IV_BYTES)
  const cipher = createCipheriv("aes-256-gcm", fieldKey(key), iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(lengthPrefixed(place))
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws TylerError `row_tampered` */
export function openField(key: KeyObject, place: readonly string[], sealed: Uint8Array): Buffer {
  if (sealed.byteLength < IV_BYTES + TAG_BYTES) throw tampered(place)
  const end = sealed.byteLength - TAG_BYTES
  const decipher = createDecipheriv("aes-256-gcm", fieldKey(key), sealed.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(lengthPrefixed(place))
  decipher.setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, end)), decipher.final()])
  } catch {
    throw tampered(place)
  }
}

function fieldKey(key: KeyObject): Buffer {
  return createHmac("sha256", key).update("tyler-field/1").digest()
}

function tampered(place: readonly string[]): TylerError {
  return new TylerError("row_tampered", {}, `a sealed field of ${place[0] ?? ""} does not open`)
}
