const NULL_FIELD = 0xffffffff
/**
 * Writes the encoding of `lengthPrefixed` (core/bytes.ts) into one buffer that is used again and again: encoding an
 * entry this way costs no allocation per field. What `view` answers is valid until the next `start`.
 */
export class FieldWriter {
  #buffer = Buffer.allocUnsafeSlow(4096)
  #at = 0

  /** Begins anew; `prefix` bytes are written as they are, without a length. */
  start(...prefix: readonly Uint8Array[]): this {
    this.#at = 0
    for (const part of prefix) this.raw(part)
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.byteLength)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.byteLength
    return this
  }

  /** A lone surrogate is written as U+FFFD, as the databases store it. */
  text(field: string | null): this {
    if (field === null) return this.#count(NULL_FIELD)
    const start = this.#at
    this.#reserve(4 + field.length * 3)
    const bytes = this.#buffer.write(field, start + 4, "utf8")
    this.#put(start, bytes)
    this.#at = start + 4 + bytes
    return this
  }

  bytes(field: Uint8Array | null): this {
    if (field === null) return this.#count(NULL_FIELD)
    return this.#count(field.byteLength).raw(field)
  }

  /** One field that holds the encoding of a list. */
  list(fields: readonly string[]): this {
    const start = this.#at
    this.#count(0)
    for (const field of fields) this.text(field)
    this.#put(start, this.#at - start - 4)
    return this
  }

  view(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  /** Memory of its own, so that posting it to another thread clones it alone and not Node's buffer pool. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.#at)
    copy.set(this.view())
    return copy
  }

  #count(value: number): this {
    this.#reserve(4)
    this.#put(this.#at, value)
    this.#at += 4
    return this
  }

  /** Big-endian. By hand: Buffer's own checks are 8 % of a verification (measured). */
  #put(at: number, value: number): void {
    const buffer = this.#buffer
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
  }

  #reserve(more: number): void {
    const need = this.#at + more
    if (need <= this.#buffer.byteLength) return
    const larger = Buffer.allocUnsafeSlow(Math.max(need, this.#buffer.byteLength * 2))
    larger.set(this.view())
    this.#buffer = larger
  }
}
