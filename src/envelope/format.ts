/**
 * One sealed record, spec/envelope.md:
 * version 1 | key id length 1 | key id | wrap IV 12 | wrapped data key 32 | wrap tag 16 | commitment 32 | IV 12 | ciphertext | tag 16
 */
const FORMAT_VERSION = 1
export const IV_BYTES = 12
export const TAG_BYTES = 16
export const DATA_KEY_BYTES = 32
export const COMMITMENT_BYTES = 32
/** A value's 65,536 bytes and the one that says of which kind it is. GCM keeps length, so it bounds the ciphertext too. */
export const MAX_PLAINTEXT = 65_537

const WRAP_BYTES = IV_BYTES + DATA_KEY_BYTES + TAG_BYTES
const HEAD_BYTES = 2
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/

export interface SealedRecord {
  readonly keyId: string
  /** Wrap IV, wrapped data key, wrap tag. */
  readonly wrap: Buffer
  readonly commitment: Buffer
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

export type FormatFault = "unknown_version" | "bad_key_id" | "too_short" | "too_long"

export function encodeRecord(record: SealedRecord): Buffer {
  const id = Buffer.from(record.keyId, "latin1")
  return Buffer.concat([
    Buffer.of(FORMAT_VERSION, id.byteLength),
    id,
    record.wrap,
    record.commitment,
    record.iv,
    record.ciphertext,
    record.tag,
  ])
}

/** Takes exactly what `encodeRecord` makes of a value within bounds. The parts are views of `bytes`. */
export function decodeRecord(bytes: Uint8Array): { readonly record: SealedRecord } | { readonly fault: FormatFault } {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [version, idLength] = all
  if (version === undefined || idLength === undefined) return { fault: "too_short" }
  if (version !== FORMAT_VERSION) return { fault: "unknown_version" }
  const payload = all.byteLength - (HEAD_BYTES + idLength + WRAP_BYTES + COMMITMENT_BYTES + IV_BYTES + TAG_BYTES)
  if (payload < 0) return { fault: "too_short" }
  if (payload > MAX_PLAINTEXT) return { fault: "too_long" }
  let at = HEAD_BYTES
  const take = (count: number): Buffer => all.subarray(at, (at += count))
  const keyId = take(idLength).toString("latin1")
  if (!KEY_ID.test(keyId)) return { fault: "bad_key_id" }
  const wrap = take(WRAP_BYTES)
  const commitment = take(COMMITMENT_BYTES)
  const iv = take(IV_BYTES)
  return { record: { keyId, wrap, commitment, iv, ciphertext: take(payload), tag: take(TAG_BYTES) } }
}
