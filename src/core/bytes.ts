import { createHash, timingSafeEqual } from "node:crypto"

const NULL_FIELD = 0xffffffff

/**
 * Canonical bytes: each field is a big-endian 32-bit byte count and then the bytes; null is the count 0xffffffff.
 * Nothing is joined by separators, so no two different field lists share an encoding.
 */
export function lengthPrefixed(fields: readonly (string | Uint8Array | null)[]): Buffer {
  const parts: Uint8Array[] = []
  for (const field of fields) {
    const body = field === null ? null : typeof field === "string" ? Buffer.from(field, "utf8") : field
    const count = Buffer.allocUnsafe(4)
    count.writeUInt32BE(body === null ? NULL_FIELD : body.byteLength)
    parts.push(count)
    if (body !== null) parts.push(body)
  }
  return Buffer.concat(parts)
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
