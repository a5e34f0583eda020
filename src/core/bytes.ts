import { createHash, timingSafeEqual } from "node:crypto"

const NULL_FIELD = 0xffffffff

/**
 * Canonical bytes: each field is a big-endian 32-bit byte count and then the bytes; null is the count 0xffffffff.
 * Nothing is joined by separators, so no two different field lists share an encoding.
 */
export function lengthPrefixed(fields: readonly (string | Uint8Array | null)[]): Buffer {
  let size = 0
  for (const field of fields) size += 4 + byteLength(field)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const field of fields) {
    const length = byteLength(field)
    bytes.writeUInt32BE(field === null ? NULL_FIELD : length, at)
    at += 4
    if (typeof field === "string") bytes.write(field, at, "utf8")
    else if (field !== null) bytes.set(field, at)
    at += length
  }
  return bytes
}

function byteLength(field: string | Uint8Array | null): number {
  if (field === null) return 0
  return typeof field === "string" ? Buffer.byteLength(field, "utf8") : field.byteLength
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Compares in time that depends on the lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/** Overwrites a buffer. Best effort: the engine may hold copies we cannot reach (see docs/threat-model.md). */
export function wipe(bytes: Uint8Array): void {
  bytes.fill(0)
}

/** Unpadded base64url. */
export function toBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url")
}

/** Unpadded base64url in its one spelling; undefined for any other text, and for none. */
export function fromBase64url(text: string): Buffer<ArrayBuffer> | undefined {
  const bytes = Buffer.from(text, "base64url")
  return bytes.byteLength > 0 && bytes.toString("base64url") === text ? bytes : undefined
}
