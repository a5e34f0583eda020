import type { Json } from "../../core/json.ts"
import { type Content, contentOf, type Entry, type Fault } from "./entry.ts"
import { isObject, parseText } from "./json-text.ts"

/** `{"NAME": "text" or {an object}, ...}`. Anything else as a value is refused by name: it would come back as text. */
export function parsePlainJson(text: string, fault: Fault): readonly Entry[] {
  const json = parseText(text, fault)
  if (!isObject(json)) throw fault('must be {"NAME": "text" or {...}, ...}')
  if (isObject(json["data"]) && "request_id" in json) throw fault("is an answer of Vault; add --from vault")
  return Object.entries(json).map(([name, value]) => ({ name, content: valueContent(value) }))
}

/** Text or an object. */
export function valueContent(value: Json | undefined): Content {
  if (typeof value === "string" || isObject(value)) return contentOf(value)
  return { fault: `is ${kindOf(value)}; a secret is text or an object` }
}

function kindOf(value: Json | undefined): string {
  if (value === undefined) return "not there"
  if (value === null) return "null"
  if (Array.isArray(value)) return "a list"
  return typeof value === "number" ? "a number" : "true or false"
}
