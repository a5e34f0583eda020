import type { AccessAnswer } from "../../api/access.ts"
import type { ListItem, Tag } from "../../api/secrets.ts"
import type { Json } from "../../core/json.ts"
import { type Content, contentOf, type Entry, type Fault } from "./entry.ts"
import { isObject, type JsonObject, parseText } from "./json-text.ts"
import { valueContent } from "./plain-json.ts"

/**
 * What `tyler export` writes, docs/import-export.md: a first line that says what it is, one line for each secret, and a
 * last line that counts them, so that a file that was cut off is told from a whole one. No times and no version ids:
 * two servers with the same secrets give the same bytes.
 */
const FIRST = { tyler: "secrets-export", version: 1 } as const
/** How every such file begins. */
export const OWN_START = '{"tyler":"secrets-export",'
const FIELDS: ReadonlySet<string> = new Set(["name", "value", "valueBase64", "description", "tags"])

export function firstLine(prefix: string): string {
  return `${JSON.stringify({ ...FIRST, prefix })}\n`
}

export function secretLine({ name, description, tags }: ListItem, { value, valueBase64 }: AccessAnswer): string {
  return `${JSON.stringify({ name, value, valueBase64, description, tags })}\n`
}

/** @param refused how many were not given out: they are not in the file */
export function lastLine(secrets: number, refused: number): string {
  return `${JSON.stringify({ kind: "end", secrets, refused })}\n`
}

/** Strict: everything that is not in the form above is refused, with its line. */
export function parseOwnForm(text: string, fault: Fault): readonly Entry[] {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === "") lines.pop()
  const [head, ...rows] = lines.map((line, at) => {
    const json = parseText(line, fault, at + 1)
    if (!isObject(json)) throw fault("must be an object", at + 1)
    return json
  })
  const end = rows.pop()
  if (head?.["tyler"] !== FIRST.tyler) throw fault("is no export of tyler's", 1)
  if (head["version"] !== FIRST.version) throw fault("is of a version that this tyler does not know", 1)
  if (end?.["kind"] !== "end") throw fault("was cut off before its last line", lines.length)
  if (end["secrets"] !== rows.length) throw fault(`holds ${rows.length} secrets and counts others`, lines.length)
  return rows.map((row, at) => entryOf(row, (what) => fault(what, at + 2)))
}

function entryOf(row: JsonObject, fault: (what: string) => Error): Entry {
  const odd = Object.keys(row).find((key) => !FIELDS.has(key))
  if (odd !== undefined) throw fault("has a field that is none of an export's")
  const { name, description, tags } = row
  if (typeof name !== "string") throw fault("has no name")
  if (description !== undefined && typeof description !== "string") throw fault("has a description that is no text")
  if (!(tags === undefined || isTags(tags))) throw fault('has tags that are no list of {"Key", "Value"}')
  return {
    name,
    content: contentOfRow(row, fault),
    ...(description === undefined ? {} : { description }),
    ...(tags === undefined ? {} : { tags }),
  }
}

function contentOfRow({ value, valueBase64 }: JsonObject, fault: (what: string) => Error): Content {
  if ((value === undefined) === (valueBase64 === undefined)) throw fault("needs one of value and valueBase64")
  if (valueBase64 === undefined) return valueContent(value)
  const bytes = Buffer.from(typeof valueBase64 === "string" ? valueBase64 : "", "base64")
  if (bytes.toString("base64") !== valueBase64) throw fault("has a valueBase64 that is not canonical base64")
  return contentOf(bytes)
}

export function isTags(json: Json): json is readonly Json[] & readonly Tag[] {
  return (
    Array.isArray(json) &&
    json.every((tag: Json) => isObject(tag) && typeof tag["Key"] === "string" && typeof tag["Value"] === "string")
  )
}
