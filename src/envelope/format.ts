/**
 * One sealed record, spec/envelope.md:
 * version 1 | key id length 1 | key id | wrap IV 12 | wrapped data key 32 | wrap tag 16 | commitment 32 | IV 12 | ciphertext | tag 16
 */
export const FORMAT_VERSION = 1
export const IV_BYTES = 12
export const TAG_BYTES = 16
export const DATA_KEY_BYTES = 32
export const COMMITMENT_BYTES = 32

const WRAP_BYTES = IV_BYTES + DATA_KEY_BYTES + TAG_BYTES
const MAX_KEY_ID = 64

export interface SealedRecord {
  readonly keyId: string
  /** Wrap IV, wrapped data key, wrap tag. */
  readonly wrap: Buffer
  readonly commitment: Buffer
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

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

/** Undefined for anything that `encodeRecord` could not have made. The parts are views of `bytes`. */
export function decodeRecord(bytes: Uint8Array): SealedRecord | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const idLength = all[1] ?? 0
  const least = 2 + idLength + WRAP_BYTES + COMMITMENT_BYTES + IV_BYTES + TAG_BYTES
  if (all[0] !== FORMAT_VERSION || idLength === 0 || idLength > MAX_KEY_ID || all.byteLength < least) return undefined
  let at = 2
  const take = (count: number): Buffer => all.subarray(at, (at += count))
  const keyId = take(idLength).toString("latin1")
  if (!/^[A-Za-z0-9_-]+$/.test(keyId)) return undefined
  return {
    keyId,
    wrap: take(WRAP_BYTES),
    commitment: take(COMMITMENT_BYTES),
    iv: take(IV_BYTES),
    ciphertext: take(all.byteLength - at - TAG_BYTES),
    tag: take(TAG_BYTES),
  }
}
