import type { TObject, TSchema } from "../../api/fields.ts"
import { IDEMPOTENCY_KEY, REQUEST_ID } from "../../api/headers.ts"
import { type Contract, isMedia, type Media } from "../contract.ts"
import type { RouteId, Row } from "../matrix.ts"
import { EXAMPLES, PENDING } from "./examples.ts"
import { headers, refusalResponses, refusalsOf } from "./refusals.ts"
import type { Components, Json, JsonObject } from "./schemas.ts"
import { ABOUT, TAGS } from "./texts.ts"

const JSON_MEDIA = "application/json"

export function operationOf(components: Components, id: RouteId, row: Row, contract: Contract): JsonObject {
  const [method = "", path = ""] = id.split(" ")
  const { body, bodyOptional, query, keyed, note } = contract
  const example = EXAMPLES[id]
  const parameters = [
    ...pathParameters(path),
    ...(query === undefined ? [] : queryParameters(components, query)),
    ...(keyed === true ? [keyParameter()] : []),
  ]
  return {
    operationId: operationId(method, path),
    tags: TAGS.filter((tag) => tag.of === row.resource).map(({ name }) => name),
    summary: row.summary,
    ...(note === undefined ? {} : { description: note }),
    security: row.auth === "none" ? [] : [{ bearer: [] }, { cookie: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(components, body, bodyOptional === true, example?.send) }),
    responses: {
      ...answers(components, contract, example?.answer),
      ...(contract.redirects === undefined ? {} : { "303": redirection(contract) }),
      ...refusalResponses(components.responses, refusalsOf(method, path, row, contract)),
    },
    ...(row.verb === null ? {} : { "x-tyler-verb": row.verb }),
    ...(row.action === null ? {} : { "x-tyler-action": row.action }),
  }
}

/** `GET /api/secrets/{name}/metadata` as `getSecretsNameMetadata`. */
function operationId(method: string, path: string): string {
  const words = path.replace(/^\/api/, "").match(/[A-Za-z]+/g) ?? []
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/:(\w+)|\{(\w+)\}/g)].map(([, id, name]) => ({
    name: id ?? name ?? "",
    in: "path",
    required: true,
    ...(name === undefined ? {} : { description: ABOUT.name }),
    schema: { type: "string", minLength: 1, maxLength: name === undefined ? 64 : 512 },
  }))
}

function queryParameters(components: Components, query: TObject): JsonObject[] {
  const { properties, required } = components.fieldsOf(query)
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    ...(required.includes(name) ? { required: true } : {}),
    schema,
  }))
}

function keyParameter(): JsonObject {
  return {
    name: IDEMPOTENCY_KEY,
    in: "header",
    description: ABOUT.idempotencyKey,
    schema: { type: "string", pattern: "^[A-Za-z0-9-]{32,64}$" },
  }
}

function requestBody(components: Components, body: TSchema, optional: boolean, example: Json | undefined): JsonObject {
  return {
    ...(optional ? {} : { required: true }),
    content: { [JSON_MEDIA]: { schema: components.refer(body), ...(example === undefined ? {} : { example }) } },
  }
}

function answers(components: Components, contract: Contract, example: Json | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries<TSchema | Media>(contract.answers).map(([status, answer]) => [
      status,
      {
        description: SAID[status] ?? "",
        headers: { ...headers(REQUEST_ID), ...(contract.cookie === true ? headers("set-cookie") : {}) },
        content: isMedia(answer)
          ? { [answer.media]: {} }
          : { [JSON_MEDIA]: { schema: components.refer(answer), ...shown(status, contract, example) } },
      },
    ]),
  )
}

/** A refusal's status never reaches the browser's person; its code does. */
function redirection({ cookie, redirects = [] }: Contract): JsonObject {
  return {
    description: "On to another page; after a refusal to `/login#refused=` and its code",
    "x-tyler-refusals": redirects.toSorted(),
    headers: { ...headers(REQUEST_ID), ...headers("location"), ...(cookie === true ? headers("set-cookie") : {}) },
  }
}

const SAID: Readonly<Record<string, string>> = { 200: "Done", 201: "Made", 202: "Begun", 503: "A part is down" }

function shown(status: string, { answers }: Contract, example: Json | undefined): JsonObject {
  const waits = status === "202" && (answers[200] ?? answers[201]) !== undefined
  if (waits && example !== undefined) return { example: PENDING }
  return status === "503" || example === undefined ? {} : { example }
}
