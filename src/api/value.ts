import { type Static, type TObject, Type } from "./schema.ts"
import { invalidField, parseBody } from "./parse.ts"

/**
 * A value as it travels: exactly one of `value` (text, or any JSON object) and `valueBase64` (bytes). Exactness,
 * emptiness and the 65,536 bytes are judged by the server (`value_not_exact`, `value_too_large`). These bounds leave
 * room for a value just over the limit in its longest spelling, so that the specific refusal can be given.
 */
export const ValueFields = {
  value: Type.Optional(
    Type.Unsafe<string | Readonly<Record<string, unknown>>>(
      Type.Union([Type.String({ maxLength: 524_288 }), Type.Object({})], { description: "a string or an object" }),
    ),
  ),
  valueBase64: Type.Optional(
    Type.String({
      maxLength: 524_288,
      pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
      description: "canonical base64 with padding",
    }),
  ),
}

/** A body with `ValueFields`, of which exactly one must be given. Throws `invalid_request`. */
export function parseValueBody<S extends TObject>(schema: S, json: unknown): Static<S> {
  const body = parseBody(schema, json, ["reason", "value"])
  const { value, valueBase64 } = body as { value?: unknown; valueBase64?: unknown }
  if (value === undefined && valueBase64 === undefined) throw invalidField("/value", "value or valueBase64 is required")
  if (value !== undefined && valueBase64 !== undefined)
    throw invalidField("/valueBase64", "value and valueBase64 cannot both be given")
  return body
}
