import { type Json, parseJson } from "../core/json.ts"
import { RotationFault } from "./fault.ts"

export type JsonObject = { readonly [key: string]: Json }

/** A secret's value as the object it must be. @throws RotationFault `secret_invalid` */
export function objectOf(text: string, whose = "value"): JsonObject {
  let parsed: Json
  try {
    parsed = parseJson(text)
  } catch {
    throw invalid(whose, "is not strict JSON")
  }
  if (!isObject(parsed)) throw invalid(whose, "is not a JSON object")
  return parsed
}

/**
 * `current` with the credential of `pending`: the members that a rotation writes.
 * @returns undefined if that is what `pending` is
 */
export function withCredential(current: string, pending: string, writes: readonly string[]): string | undefined {
  const [all, made] = [objectOf(current), objectOf(pending)]
  const credential = Object.entries(made).filter(([member]) => writes.includes(member))
  const text = JSON.stringify({ ...all, ...Object.fromEntries(credential) })
  return sorted(text) === sorted(pending) ? undefined : text
}

/** Whether `current` has the credential of `pending`, whatever else it says. */
export function hasCredential(current: string, pending: string, writes: readonly string[]): boolean {
  const [all, made] = [objectOf(current), objectOf(pending)]
  return writes.every((member) => JSON.stringify(all[member]) === JSON.stringify(made[member]))
}

function sorted(text: string): string {
  return JSON.stringify(Object.entries(objectOf(text)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** @param max in bytes of UTF-8 */
export function textIn(object: JsonObject, field: string, max: number): string {
  const value = object[field]
  if (value === undefined) throw invalid(field, "is missing")
  if (typeof value !== "string") throw invalid(field, "is not text")
  if (value === "") throw invalid(field, "is empty")
  if (Buffer.byteLength(value) > max) throw invalid(field, `has more than ${max} bytes`)
  if (value.includes("\0") || !value.isWellFormed()) throw invalid(field, "has characters that no server takes")
  return value
}

export function optionalTextIn(object: JsonObject, field: string, max: number): string | undefined {
  return object[field] === undefined || object[field] === null ? undefined : textIn(object, field, max)
}

/** A number, or the digits of one: AWS documents text and stores numbers. */
export function portIn(object: JsonObject, field: string, usual: number): number {
  const value = object[field] ?? usual
  const port = typeof value === "string" && /^[1-9][0-9]{0,4}$/.test(value) ? Number(value) : value
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw invalid(field, "is not a port from 1 to 65535")
  return port
}

/** TLS unless the secret says in so many words that there is none. */
export function tlsIn(object: JsonObject): boolean {
  const value = object["ssl"] ?? true
  if (value === true || value === "true") return true
  if (value === false || value === "false") return false
  throw invalid("ssl", "is neither true nor false")
}

export function invalid(field: string, reason: string): RotationFault {
  return new RotationFault("secret_invalid", { field, reason })
}
