import { createCipheriv, createDecipheriv, createHmac } from "node:crypto"
import { equalBytes, lengthPrefixed, wipe } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Random } from "../core/random.ts"
import { conceal, type SecretValue } from "../core/secret-value.ts"
import {
  COMMITMENT_BYTES,
  DATA_KEY_BYTES,
  decodeRecord,
  encodeRecord,
  IV_BYTES,
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

/** Seals under a data key of its own, wrapped by the active key-encryption key. */
export function seal(keyring: Keyring, place: Place, plaintext: Uint8Array, random: Random): Sealed {
  const keyId = keyring.activeKekId
  const dataKey = random.bytes(DATA_KEY_BYTES)
  const { key, commitment } = derive(dataKey, place)
  try {
    const iv = Buffer.from(random.bytes(IV_BYTES))
    const { body: ciphertext, tag } = encrypt(key, iv, payloadContext(place, commitment), plaintext)
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
    return conceal(decrypt(key, record.iv, payloadContext(place, commitment), record.ciphertext, record.tag))
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
  const record = decodeRecord(sealed)
  if (record === undefined) throw broken("format")
  return record
}

function broken(what: string): TylerError {
  return new TylerError("internal", {}, `a sealed value does not open: ${what}`)
}

/** HKDF-Expand with SHA-512 (RFC 5869, 2.3): 64 bytes are one block, so one HMAC. The data key is uniform: no Extract. */
function derive(dataKey: Uint8Array, place: Place): { key: Buffer; commitment: Buffer } {
  const info = lengthPrefixed([LABEL, place.secretId, place.versionId])
  const block = createHmac("sha512", dataKey).update(info).update(Buffer.of(1)).digest()
  return {
    key: block.subarray(0, DATA_KEY_BYTES),
    commitment: block.subarray(DATA_KEY_BYTES, DATA_KEY_BYTES + COMMITMENT_BYTES),
  }
}

/** Without the key id: re-wrapping under another key must leave the payload untouched. The commitment stands in for it. */
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
  return decrypt(kekOf(keyring, keyId), iv, wrapContext(place, keyId), body, tag)
}

function kekOf(keyring: Keyring, keyId: string): Uint8Array {
  const kek = keyring.keks.get(keyId)
  if (kek === undefined) throw broken("its key-encryption key is gone")
  return kek
}

function encrypt(key: Uint8Array, iv: Buffer, context: Buffer, plaintext: Uint8Array): { body: Buffer; tag: Buffer } {
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(context)
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return { body, tag: cipher.getAuthTag() }
}

function decrypt(key: Uint8Array, iv: Buffer, context: Buffer, body: Buffer, tag: Buffer): Buffer {
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(context).setAuthTag(tag)
  const plaintext = decipher.update(body)
  try {
    decipher.final()
    return plaintext
  } catch {
    wipe(plaintext)
    throw broken("tag")
  }
}
