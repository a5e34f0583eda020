import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import { type Json, parseJson } from "../core/json.ts"
import { MASK } from "../core/secret-value.ts"

/** Largest value, in bytes of its stored form: AWS Secrets Manager's own bound. */
export const MAX_VALUE_BYTES = 65_536
/** Deepest nesting of an object value. */
export const MAX_VALUE_DEPTH = 32

/**
 * The stored form of what a caller gave: a first byte that tells the kind, then the bytes. `s` text, `o` an object as
 * compact JSON, `b` bytes. The kind is sealed with the value, so the database cannot turn one into another.
 */
const KINDS = { text: 0x73, object: 0x6f, binary: 0x62 } as const

export type GivenValue = { readonly value: Json } | { readonly valueBase64: string }

/** @throws TylerError `value_not_exact`, `value_too_large`, `invalid_request` */
export function encodeValue(given: GivenValue): Buffer {
  if ("valueBase64" in given) return bounded(KINDS.binary, decodeBase64(given.valueBase64))
  const { value } = given
  if (typeof value === "string") {
    if (value === "") throw notExact("The value is empty")
    if (!value.isWellFormed()) throw notExact("The value holds half of a surrogate pair")
    return bounded(KINDS.text, Buffer.from(value, "utf8"))
  }
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw notExact("The value must be a string or an object")
  checkObject(value, 1)
  return bounded(KINDS.object, Buffer.from(JSON.stringify(value), "utf8"))
}

/** The stored form of text that is an object's JSON where that is what it is: what a rotation made. */
export function encodeText(text: string): Buffer {
  return encodeValue({ value: text.startsWith("{") ? parseJson(text) : text })
}

function notExact(error: string): TylerError {
  return new TylerError("value_not_exact", { error })
}

function bounded(kind: number, body: Buffer): Buffer {
  if (body.byteLength > MAX_VALUE_BYTES) throw new TylerError("value_too_large", { limit: MAX_VALUE_BYTES })
  return Buffer.concat([Buffer.of(kind), body])
}

function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64")
  if (bytes.toString("base64") !== text) throw notExact("valueBase64 is not canonical base64 (RFC 4648 section 4)")
  if (bytes.byteLength === 0) throw notExact("The value is empty")
  return bytes
}

function checkObject(value: Json, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw notExact(`The value nests deeper than ${MAX_VALUE_DEPTH}`)
  if (typeof value === "string" && !value.isWellFormed()) throw notExact("The value holds half of a surrogate pair")
  if (value === null || typeof value !== "object") return
  for (const [key, member] of Object.entries(value)) {
    if (!key.isWellFormed()) throw notExact("A key holds half of a surrogate pair")
    checkObject(member, typeof member === "object" && member !== null ? depth + 1 : depth)
  }
}

export interface ValueBody {
  readonly form: "text" | "binary"
  readonly bytes: Uint8Array
}

/** A stored form without its kind, as another store would keep it. A view of `stored`. */
export function bodyOf(stored: Uint8Array): ValueBody {
  return { form: stored[0] === KINDS.binary ? "binary" : "text", bytes: stored.subarray(1) }
}

/** Text is text: whether it is an object the store outside does not keep. */
export function sameBody(one: ValueBody, other: ValueBody): boolean {
  return one.form === other.form && equalBytes(one.bytes, other.bytes)
}

/** The stored form of what another store keeps: text is an object if it is one that we would have taken. */
export function storedFrom({ form, bytes }: ValueBody): Buffer {
  const kind = form === "binary" ? KINDS.binary : isObject(bytes) ? KINDS.object : KINDS.text
  return Buffer.concat([Buffer.of(kind), bytes])
}

const OPENING_BRACE = 0x7b

function isObject(text: Uint8Array): boolean {
  if (text[0] !== OPENING_BRACE) return false
  try {
    checkObject(parseJson(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("utf8")), 1)
    return true
  } catch {
    return false
  }
}

/** The answer's field: `value` for text and objects, `valueBase64` for bytes. `stored` is wiped by the caller. */
export function decodeValue(stored: Uint8Array, as: "string" | undefined): { value: Json } | { valueBase64: string } {
  const body = Buffer.from(stored.buffer, stored.byteOffset + 1, stored.byteLength - 1)
  const kind = stored[0]
  if (kind === KINDS.binary) return { valueBase64: body.toString("base64") }
  if (kind === KINDS.text || (kind === KINDS.object && as === "string")) return { value: body.toString("utf8") }
  if (kind === KINDS.object) return { value: parseJson(body.toString("utf8")) }
  throw new TylerError("internal", {}, "a sealed value of unknown kind")
}

/** The mask in the shape of the value: objects keep their keys, every leaf is the constant. */
export function maskedValue(stored: Uint8Array): { value: Json } {
  const plain = decodeValue(stored, undefined)
  return { value: "value" in plain ? maskOf(plain.value) : MASK }
}

function maskOf(value: Json): Json {
  if (value === null || typeof value !== "object") return MASK
  if (Array.isArray(value)) return value.map(maskOf)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, maskOf(member)]))
}
