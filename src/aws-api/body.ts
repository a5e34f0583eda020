import { isUtf8 } from "node:buffer"
import { parseBody } from "../api/parse.ts"
import type { TSchema } from "../api/schema.ts"
import { TylerError } from "../core/errors.ts"
import { type Json, parseJson } from "../core/json.ts"
import { AwsError } from "./errors.ts"

/** AWS JSON 1.1: an object in strict UTF-8; no body is an empty one. @throws AwsError `SerializationException` */
export function readAwsJson(bytes: Buffer): Record<string, Json> {
  if (bytes.byteLength === 0) return {}
  if (!isUtf8(bytes)) throw broken("The body is not UTF-8")
  const json = parsed(bytes.toString("utf8"))
  if (json === null || typeof json !== "object" || Array.isArray(json)) throw broken("The body must be a JSON object")
  const members = json as Record<string, Json>
  // A member that is null is one that was not given.
  for (const name of Object.keys(members)) if (members[name] === null) delete members[name]
  return members
}

function parsed(text: string): Json {
  try {
    return parseJson(text)
  } catch (error) {
    throw broken(error instanceof Error ? error.message : "The body is not valid JSON")
  }
}

function broken(message: string): AwsError {
  return new AwsError("SerializationException", message, new TylerError("invalid_json", { error: message }))
}

/** A value is any text, and so are characters that a password must not have. */
const JUDGED_MEMBERS = ["SecretString", "ExcludeCharacters"]

/**
 * The members of an operation; only a value may hold what no text of ours does. A member of the wrong type is no serialized input at all; one that breaks a bound is.
 * @throws AwsError `SerializationException`, `ValidationException`
 */
export function readInput(schema: TSchema, json: Record<string, Json>): unknown {
  try {
    return parseBody(schema, json, JUDGED_MEMBERS)
  } catch (error) {
    if (!(error instanceof TylerError) || error.code !== "invalid_request") throw error
    const wrong = wrongType(schema, json)
    throw new AwsError(wrong ? "SerializationException" : "ValidationException", error.message, error)
  }
}

interface Plain {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>
}

const TYPE_OF: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === "string",
  integer: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
}

function wrongType(schema: TSchema, json: Record<string, Json>): boolean {
  const { properties = {} } = schema as Plain
  return Object.entries(json).some(([name, value]) => {
    const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined
    return type !== undefined && TYPE_OF[type]?.(value) === false
  })
}
