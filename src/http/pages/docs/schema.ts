import type { Json, JsonObject } from "../../openapi/schemas.ts"
import { text } from "./text.ts"

export type Loose = Readonly<Record<string, Json | undefined>>

/** A schema in a few words: a link where it has a name, limits where they help. */
export function typeText(schema: Loose): string {
  const { $ref, type, anyOf, items, description, maxLength } = schema
  if (typeof $ref === "string") {
    const name = text($ref.split("/").at(-1))
    return `<a href="#schema-${name}"><code>${name}</code></a>`
  }
  if (description !== undefined) return text(description)
  if ("const" in schema) return `<code>${text(schema["const"])}</code>`
  if (Array.isArray(schema["enum"])) return schema["enum"].map((one: Json) => `<code>${text(one)}</code>`).join(", ")
  if (Array.isArray(anyOf)) return (anyOf as readonly Loose[]).map(typeText).join(" or ")
  if (type === "array") return `list of ${typeText((items ?? {}) as Loose)}`
  return `${text(type)}${maxLength === undefined ? "" : `, at most ${text(maxLength)} characters`}`
}

/** Every schema that has a name, with its fields. */
export function schemaTables(schemas: JsonObject): string {
  return (Object.entries(schemas) as [string, Loose][])
    .map(
      ([name, schema]) =>
        `<article id="schema-${text(name)}">\n<h3><code>${text(name)}</code></h3>\n${body(schema)}\n</article>`,
    )
    .join("\n")
}

function body(schema: Loose): string {
  const fields = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Loose>>)
  if (fields.length === 0) return `<p>${typeText(schema)}</p>`
  const required = (schema["required"] ?? []) as readonly string[]
  const rows = fields.map(
    ([name, field]) =>
      `<tr><td><code>${text(name)}</code></td><td>${required.includes(name) ? "required" : ""}</td><td>${typeText(field)}</td></tr>`,
  )
  return `<table>${rows.join("")}</table>`
}
