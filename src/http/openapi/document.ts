import { ERROR_CODES, textOf } from "../../core/errors.ts"
import { Problem } from "../../api/problem.ts"
import { sessionCookie } from "../browser.ts"
import { CONTRACTS } from "../contract.ts"
import { MATRIX, type RouteId, type Row } from "../matrix.ts"
import { STATUS } from "../problem.ts"
import { operationOf } from "./operation.ts"
import { headerComponents } from "./refusals.ts"
import { Components, type JsonObject } from "./schemas.ts"
import { ABOUT, TAGS } from "./texts.ts"

export interface DocumentFacts {
  /** Origin of PUBLIC_URL. */
  readonly publicUrl: string
  readonly version: string
}

/**
 * The API as OpenAPI 3.1.1 (https://spec.openapis.org/oas/v3.1.1.html), made of the matrix, the contracts and their
 * schemas: nothing in it is written a second time.
 */
export function openApiDocument({ publicUrl, version }: DocumentFacts): JsonObject {
  const components = new Components()
  components.refer(Problem)
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const [id, row] of Object.entries(MATRIX) as [RouteId, Row][]) {
    const [method = "", path = ""] = id.split(" ")
    const item = (paths[path.replaceAll(/:(\w+)/g, "{$1}")] ??= {})
    item[method.toLowerCase()] = operationOf(components, id, row, CONTRACTS[id])
  }
  return {
    openapi: "3.1.1",
    info: { title: "Tyler Setup", version, summary: ABOUT.summary, description: ABOUT.description },
    servers: [{ url: publicUrl }],
    tags: TAGS.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      schemas: components.all(),
      responses: Object.fromEntries(components.responses),
      headers: headerComponents(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: ABOUT.bearer },
        cookie: { type: "apiKey", in: "cookie", name: sessionCookie(publicUrl).name, description: ABOUT.cookie },
      },
    },
    "x-tyler-errors": errorTable(),
  }
}

/** Every code with its status and its text. */
function errorTable(): JsonObject {
  return Object.fromEntries(ERROR_CODES.map((code) => [code, { status: STATUS[code], text: textOf(code) }]))
}
