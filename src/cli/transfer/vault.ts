import type { Tag } from "../../api/secrets.ts"
import type { Json } from "../../core/json.ts"
import { type Content, contentOf, type Entry, type Fault } from "./entry.ts"
import { isObject, type JsonObject, parseText } from "./json-text.ts"

/**
 * Answers of `vault kv get -format=json` (KV version 2: the secret is in data.data, its story in data.metadata). The
 * answer does not name its path, so that comes from the file's name, or stands beside it: `{"path": answer, ...}`, a
 * list of answers with a `path` each, or one of those a line.
 * @param fileName what the one answer in a file is called
 */
export function parseVault(text: string, fault: Fault, fileName: string): readonly Entry[] {
  const rows = rowsOf(text, fault)
  if (rows.length === 0) throw fault("holds no answer of Vault")
  return rows.map(({ json, path, line }) => {
    if (!isObject(json)) throw fault("must be an object", line)
    const name = path ?? json["path"] ?? (rows.length === 1 ? fileName : undefined)
    if (typeof name !== "string") throw fault('needs a "path": Vault does not say it', line)
    return entryOf(name, json, (what) => fault(what, line))
  })
}

interface Row {
  readonly json: Json
  readonly path?: string
  readonly line?: number
}

function rowsOf(text: string, fault: Fault): readonly Row[] {
  const lines = text.split(/\r?\n/).flatMap((line, at) => (line.trim() === "" ? [] : [{ text: line, line: at + 1 }]))
  // One answer a line: no other form has two lines that begin as objects and end as such.
  if (lines.length > 1 && lines.every((one) => /^\s*\{.*\}\s*$/.test(one.text)))
    return lines.map((one) => ({ json: parseText(one.text, fault, one.line), line: one.line }))
  const json = parseText(text, fault)
  if (Array.isArray(json)) return json.map((one: Json) => ({ json: one }))
  if (!isObject(json)) throw fault("holds no answer of Vault")
  return isAnswer(json) || "request_id" in json
    ? [{ json }]
    : Object.entries(json).map(([path, one]) => ({ json: one, path }))
}

/** An object called `data` within one of that name is what KV version 2 answers. */
function isAnswer({ data }: JsonObject): boolean {
  return isObject(data) && "data" in data && "metadata" in data
}

function entryOf(path: string, answer: JsonObject, fault: (what: string) => Error): Entry {
  const data = answer["data"]
  if (!isAnswer(answer) || !isObject(data))
    throw fault("is no answer of a KV version 2 store (data.data, data.metadata)")
  const metadata = isObject(data["metadata"]) ? data["metadata"] : {}
  const tags = tagsOf(metadata["custom_metadata"])
  if (tags === undefined) throw fault("has custom_metadata that is no object of texts")
  return { name: path, content: contentIn(data["data"], metadata), ...(tags.length === 0 ? {} : { tags }) }
}

function contentIn(value: Json | undefined, { deletion_time, destroyed }: JsonObject): Content {
  if (destroyed === true) return { gone: "is destroyed in Vault" }
  if (typeof deletion_time === "string" && deletion_time !== "") return { gone: "is deleted in Vault" }
  return isObject(value) ? contentOf(value) : { fault: "has no data" }
}

function tagsOf(custom: Json | undefined): readonly Tag[] | undefined {
  if (custom === undefined || custom === null) return []
  if (!isObject(custom)) return undefined
  const pairs = Object.entries(custom).flatMap(([Key, Value]) => (typeof Value === "string" ? [{ Key, Value }] : []))
  return pairs.length === Object.keys(custom).length ? pairs : undefined
}
