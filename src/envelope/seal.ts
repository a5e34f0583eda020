import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from "node:crypto"
import { equalBytes, lengthPrefixed, wipe } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Random } from "../core/random.ts"
import { conceal, type SecretValue } from "../core/secret-value.ts"
import {
  COMMITMENT_BYTES,
  DATA_KEY_BYTES,
  decodeRecord,
  encodeRecord,
  type FormatFault,
  IV_BYTES,
  MAX_PLAINTEXT,
  type SealedRecord,
  TAG_BYTES,
} from "./format.ts"
import type { Keyring } from "./keyring.ts"

/** Where a record belongs. It opens nowhere else. */
export interface Place {
  readonly secretId: string
  readonly versionId: string
}

export interface Sealed {
  readonly keyId: string
  readonly sealed: Buffer
}

const CIPHER = "aes-256-gcm"
const LABEL = "tyler-envelope/1"

/**
 * Seals under a data key of its own, wrapped by the active key-encryption key. Draws from `random`: data key, payload
 * IV, wrap IV; the bytes must be its caller's alone, for the data key is wiped in place.
 * @throws TylerError `value_too_large`
 */
export function seal(keyring: Keyring, place: Place, plaintext: Uint8Array, random: Random): Sealed {
  if (plaintext.byteLength > MAX_PLAINTEXT) throw new TylerError("value_too_large", { limit: MAX_PLAINTEXT })
  const keyId = keyring.activeKekId
  const dataKey = random.bytes(DATA_KEY_BYTES)
  const { key, commitment } = derive(dataKey, place)
  try {
    const iv = Buffer.from(random.bytes(IV_BYTES))
    const { body: ciphertext, tag } = encrypt(createSecretKey(key), iv, payloadContext(place, commitment), plaintext)
    const wrap = wrapDataKey(keyring, keyId, place, dataKey, random)
    return { keyId, sealed: encodeRecord({ keyId, wrap, commitment, iv, ciphertext, tag }) }
  } finally {
    wipe(key)
    wipe(dataKey)
  }
}

/** @throws TylerError `internal` for a record that was changed, moved, or sealed under a key that is gone. */
export function open(keyring: Keyring, place: Place, sealed: Uint8Array): SecretValue {
  const record = parse(sealed)
  const dataKey = unwrapDataKey(keyring, place, record)
  const { key, commitment } = derive(dataKey, place)
  try {
    if (!equalBytes(commitment, record.commitment)) throw broken("commitment")
    const context = payloadContext(place, commitment)
    return conceal(decrypt(createSecretKey(key), record.iv, context, record.ciphertext, record.tag, "payload"))
  } finally {
    wipe(key)
    wipe(dataKey)
  }
}

/** Wraps the data key under the active key-encryption key; the payload's bytes stay as they are. */
export function rewrap(keyring: Keyring, place: Place, sealed: Uint8Array, random: Random): Sealed {
  const record = parse(sealed)
  const dataKey = unwrapDataKey(keyring, place, record)
  try {
    const keyId = keyring.activeKekId
    const wrap = wrapDataKey(keyring, keyId, place, dataKey, random)
    return { keyId, sealed: encodeRecord({ ...record, keyId, wrap }) }
  } finally {
    wipe(dataKey)
  }
}

function parse(sealed: Uint8Array): SealedRecord {
  const decoded = decodeRecord(sealed)
  if ("fault" in decoded) throw broken(decoded.fault)
  return decoded.record
}

/** Which step failed; `data_key` and `payload` are failed tags. For the log: the caller learns only that it failed. */
type OpenFault = FormatFault | "unknown_key" | "data_key" | "commitment" | "payload"

function broken(what: OpenFault): TylerError {
  return new TylerError("internal", {}, `a sealed value does not open: ${what}`)
}

/**
 * HKDF-Expand with SHA-512 (RFC 5869, 2.3): 64 bytes are one block, so one HMAC. The data key is uniform: no Extract.
 * Raw bytes as a key cost 9 microseconds more per call than a KeyObject made of them on the spot (Node 24.21), hence
 * createSecretKey here and above; what Node and OpenSSL copy they cleanse when they free it.
 */
function derive(dataKey: Uint8Array, place: Place): { key: Buffer; commitment: Buffer } {
  const info = lengthPrefixed([LABEL, place.secretId, place.versionId])
  const block = createHmac("sha512", createSecretKey(dataKey)).update(info).update(Buffer.of(1)).digest()
  return {
    key: block.subarray(0, DATA_KEY_BYTES),
    commitment: block.subarray(DATA_KEY_BYTES, DATA_KEY_BYTES + COMMITMENT_BYTES),
  }
}

/**
 * Without the key id: re-wrapping under another key must leave the payload untouched. The commitment, which only this
 * data key gives, ties the payload to its wrap instead.
 */
function payloadContext(place: Place, commitment: Uint8Array): Buffer {
  return lengthPrefixed([LABEL, "payload", place.secretId, place.versionId, commitment])
}

function wrapContext(place: Place, keyId: string): Buffer {
  return lengthPrefixed([LABEL, "data-key", place.secretId, place.versionId, keyId])
}

function wrapDataKey(keyring: Keyring, keyId: string, place: Place, dataKey: Uint8Array, random: Random): Buffer {
  const iv = Buffer.from(random.bytes(IV_BYTES))
  const { body, tag } = encrypt(kekOf(keyring, keyId), iv, wrapContext(place, keyId), dataKey)
  return Buffer.concat([iv, body, tag])
}

function unwrapDataKey(keyring: Keyring, place: Place, { keyId, wrap }: SealedRecord): Buffer {
  const iv = wrap.subarray(0, IV_BYTES)
  const body = wrap.subarray(IV_BYTES, IV_BYTES + DATA_KEY_BYTES)
  const tag = wrap.subarray(IV_BYTES + DATA_KEY_BYTES)
  return decrypt(kekOf(keyring, keyId), iv, wrapContext(place, keyId), body, tag, "data_key")
}

function kekOf(keyring: Keyring, keyId: string): KeyObject {
  const kek = keyring.keks.get(keyId)
  if (kek === undefined) throw broken("unknown_key")
  return kek
}

function encrypt(key: KeyObject, iv: Buffer, context: Buffer, plaintext: Uint8Array): { body: Buffer; tag: Buffer } {
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(context)
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return { body, tag: cipher.getAuthTag() }
}

function decrypt(
  key: KeyObject,
  iv: Buffer,
  context: Buffer,
  body: Buffer,
  tag: Buffer,
  what: "data_key" | "payload",
): Buffer {
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(context).setAuthTag(tag)
  const plaintext = decipher.update(body)
  try {
    decipher.final()
    return plaintext
  } catch {
    wipe(plaintext)
    throw broken(what)
  }
}
