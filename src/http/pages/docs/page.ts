import type { Json, JsonObject } from "../../openapi/schemas.ts"
import { layout, type PageFacts } from "../layout.ts"
import { type Loose, schemaTables, typeText } from "./schema.ts"
import { marked, paragraphs, text } from "./text.ts"

const METHODS = ["get", "post", "put", "patch", "delete"]

/** The OpenAPI document as a page to read. Everything in it comes from the document, and all of it is escaped. */
export function docsPage(facts: PageFacts, document: JsonObject): string {
  const info = document["info"] as Loose
  const tags = document["tags"] as readonly Loose[]
  const all = operations(document)
  const ofTag = (tag: Loose): readonly Operation[] => all.filter(({ tagName }) => tagName === tag["name"])
  const { schemas } = document["components"] as { readonly schemas: JsonObject }
  return layout(
    "HTTP API",
    facts,
    `<h1>HTTP API</h1>
<p class="lead">${text(info["summary"])} Version ${text(info["version"])}. For programs: <a href="/api/openapi.json">openapi.json</a>.</p>
${paragraphs(info["description"])}
${tags.map((tag) => index(tag, ofTag(tag))).join("\n")}
<p><a href="#schemas">Schemas</a> · <a href="#errors">Errors</a></p>
${tags.map((tag) => section(tag, ofTag(tag))).join("\n")}
<h2 id="schemas">Schemas</h2>
${schemaTables(schemas)}
<h2 id="errors">Errors</h2>
${errorTable(document["x-tyler-errors"] as Loose)}`,
    "text",
  )
}

interface Operation {
  readonly method: string
  readonly path: string
  readonly tagName: Json | undefined
  readonly spec: Loose
}

function operations(document: JsonObject): readonly Operation[] {
  return Object.entries(document["paths"] as Readonly<Record<string, Loose>>).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const spec = item[method] as Loose | undefined
      return spec === undefined ? [] : [{ method, path, tagName: (spec["tags"] as readonly Json[])[0], spec }]
    }),
  )
}

function index(tag: Loose, of: readonly Operation[]): string {
  const items = of.map((one) => `<li><a href="#${text(one.spec["operationId"])}">${title(one)}</a></li>`)
  return `<h4>${text(tag["name"])}</h4>\n<ul class="routes">\n${items.join("\n")}\n</ul>`
}

function section(tag: Loose, of: readonly Operation[]): string {
  return `<section>
<h2>${text(tag["name"])}</h2>
<p class="lead">${text(tag["description"])}</p>
${of.map(article).join("\n")}
</section>`
}

function title({ method, path }: Operation): string {
  return `<code><span class="method">${method.toUpperCase()}</span>${text(path)}</code>`
}

function article(operation: Operation): string {
  const { spec } = operation
  const verb = spec["x-tyler-verb"]
  const action = spec["x-tyler-action"]
  const facts = [
    (spec["security"] as readonly Json[]).length === 0 ? "No token needed." : "Needs a token.",
    ...(verb === undefined ? [] : [`Verb <code>${text(verb)}</code>.`]),
    action === undefined ? "No audit entry." : `Audit action <code>${text(action)}</code>.`,
  ]
  const responses = Object.entries(spec["responses"] as Readonly<Record<string, Loose>>)
  return `<article id="${text(spec["operationId"])}">
<h3>${title(operation)}</h3>
<p>${marked(spec["summary"])}. ${facts.join(" ")}</p>
${paragraphs(spec["description"])}
${parameterTable((spec["parameters"] ?? []) as readonly Loose[])}
${payload("Body", (spec["requestBody"] ?? {}) as Loose)}
${responses.map(([status, answer]) => payload(status, answer)).join("\n")}
<h4>Refused with</h4>
<ul>${responses.map(([status, answer]) => refusal(status, answer["$ref"])).join("")}</ul>
</article>`
}

function parameterTable(parameters: readonly Loose[]): string {
  const shown = parameters.filter((one) => one["in"] !== "path")
  if (shown.length === 0) return ""
  const rows = shown.map(
    (one) =>
      `<tr><td><code>${text(one["name"])}</code></td><td>${text(one["in"])}${one["required"] === true ? ", required" : ""}</td><td>${marked(one["description"] ?? "")} ${typeText(one["schema"] as Loose)}</td></tr>`,
  )
  return `<h4>Parameters</h4>\n<table>${rows.join("")}</table>`
}

/** A refusal is a component that is named after its codes. */
function refusal(status: string, $ref: Json | undefined): string {
  if (typeof $ref !== "string") return ""
  const codes = $ref.split("/").at(-1)?.split(".") ?? []
  const links = codes.map((code) => `<a href="#error-${text(code)}"><code>${text(code)}</code></a>`)
  return `<li>${text(status)} ${links.join(", ")}</li>`
}

/** A body or an answer that is no refusal: its schema and its example. */
function payload(name: string, part: Loose): string {
  const [media, content] = Object.entries((part["content"] ?? {}) as Readonly<Record<string, Loose>>)[0] ?? []
  if (content === undefined || media === undefined) return ""
  const schema = content["schema"] as Loose | undefined
  const kind = schema === undefined ? text(media) : typeText(schema)
  const example = content["example"]
  const shown =
    example === undefined ? "" : `\n<pre tabindex="0"><code>${text(JSON.stringify(example, null, 2))}</code></pre>`
  return `<h4>${text(name)}: ${kind}</h4>${shown}`
}

function errorTable(errors: Loose): string {
  const rows = (Object.entries(errors) as [string, Loose][]).map(
    ([name, { status, text: says }]) =>
      `<tr id="error-${text(name)}"><td><code>${text(name)}</code></td><td>${text(status)}</td><td>${text(says)}</td></tr>`,
  )
  return `<table><tr><th>code</th><th>status</th><th>text</th></tr>${rows.join("")}</table>`
}
