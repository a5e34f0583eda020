import assert from "node:assert/strict"
import Schema from "typebox/schema"
import { openApiDocument } from "../../src/http/openapi/document.ts"

export type Loose = Readonly<Record<string, unknown>>

/** One answer as the API describes it. */
export interface Described {
  readonly media: string
  readonly schema: Loose | undefined
}

const DOCUMENT = openApiDocument({ publicUrl: "http://localhost:7070", version: "0.0.0" })

interface Route {
  readonly method: string
  readonly pattern: RegExp
  readonly operation: Loose
}

/** More literal segments first: `/api/secrets/access` before `/api/secrets/{name}/access`. */
const ROUTES: readonly Route[] = Object.entries(DOCUMENT["paths"] as Readonly<Record<string, Loose>>)
  .toSorted(([a], [b]) => a.split("{").length - b.split("{").length || b.length - a.length)
  .flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replace("{name}", ".*").replaceAll(/\{\w+\}/g, "[^/]*")}$`),
      operation: operation as Loose,
    })),
  )

export function documentOf(): Loose {
  return DOCUMENT
}

/** The operation that answers a request, as the document has it; undefined: no route. */
export function operationFor(method: string, path: string): Loose | undefined {
  const plain = path.split("?", 1)[0] ?? ""
  return ROUTES.find((route) => route.method === method && route.pattern.test(plain))?.operation
}

/** Follows a reference into the document. */
export function resolve(part: unknown): Loose {
  const { $ref } = part as { $ref?: string }
  if ($ref === undefined) return part as Loose
  let here: unknown = DOCUMENT
  for (const step of $ref.slice(2).split("/")) here = (here as Loose)[step]
  return here as Loose
}

export function answerOf(operation: Loose, status: number): Described | undefined {
  const found = (operation["responses"] as Loose)[String(status)]
  if (found === undefined) return undefined
  const [media = "", content] = Object.entries(resolve(found)["content"] as Loose)[0] ?? []
  return { media, schema: (content as Loose)["schema"] as Loose | undefined }
}

const validators = new WeakMap<object, Schema.Validator>()

export function validatorOf(schema: Loose): Schema.Validator {
  let validator = validators.get(schema)
  if (validator === undefined) {
    validator = Schema.Compile({ ...schema, components: DOCUMENT["components"] } as object)
    validators.set(schema, validator)
  }
  return validator
}

/** Fails unless `body` is what `schema` says. */
export function assertDescribed(schema: Loose, body: unknown, about: string): void {
  const validator = validatorOf(schema)
  if (validator.Check(body)) return
  assert.fail(`${about} is not as described: ${JSON.stringify(validator.Errors(body)[1].slice(0, 3))}`)
}

const NO_ROUTE: Loose = {
  allOf: [
    { $ref: "#/components/schemas/Problem" },
    { properties: { code: { enum: ["not_found", "method_not_allowed", "misdirected_request", "invalid_request"] } } },
  ],
}

/** Fails if an answer is not as the API's own description has it. Pages are another matter. */
export function judge(method: string, path: string, status: number, media: string | null, text: string): void {
  if (!/^\/(api|metrics)\b/.test(path)) return
  const about = `${method} ${path.slice(0, 200)}: ${status} ${text.slice(0, 500)}`
  const operation = operationFor(method, path)
  const described =
    operation === undefined ? { media: "application/json", schema: NO_ROUTE } : answerOf(operation, status)
  if (described === undefined) assert.fail(`${about}: the status is not described`)
  assert.equal(media?.split(";", 1)[0], described.media, about)
  if (described.schema !== undefined) assertDescribed(described.schema, JSON.parse(text), about)
}
