import { REQUEST_ID } from "../../api/headers.ts"
import { type ErrorCode, textOf } from "../../core/errors.ts"
import type { Contract } from "../contract.ts"
import type { Row } from "../matrix.ts"
import { STATUS } from "../problem.ts"
import type { JsonObject } from "./schemas.ts"
import { ABOUT } from "./texts.ts"

const BODY = ["invalid_json", "invalid_request", "value_not_exact", "body_too_large", "unsupported_media_type"] as const
const SESSION = ["unauthenticated", "rate_limited", "forbidden", "invalid_request", "unavailable"] as const
/** What performs a verb looks at the policies and writes an entry. */
const RECORDED = ["busy", "policy_tampered", "rolled_back", "unavailable"] as const

/** Whoever names a secret may be the first to do so: then it is looked for in AWS. */
const STORE = [
  "not_adopted",
  "store_denied",
  "store_fault",
  "store_key",
  "store_throttled",
  "store_unavailable",
] as const
const STORE_CHANGES = ["outcome_unrecorded", "store_limit", "store_refused", "version_conflict"] as const
const CHANGES: ReadonlySet<string> = new Set(["create", "write", "delete", "restore"])
/** They name secrets, and are about something else. */
const NAMES_SECRETS = ["POST /api/auth/verify", "POST /api/access-requests", "POST /api/break-glass"]

/** Every code that a route may be refused with: its own, and what its row and its body imply. */
export function refusalsOf(method: string, path: string, row: Row, contract: Contract): readonly ErrorCode[] {
  const codes: ErrorCode[] = ["misdirected_request", "internal", ...(contract.refuses ?? [])]
  if (method !== "GET") codes.push(...BODY)
  if (row.auth === "session") codes.push(...SESSION)
  if (row.action !== null) codes.push(...RECORDED)
  if (row.resource === "audit") codes.push("unavailable")
  if (row.resource === "secret" || NAMES_SECRETS.includes(`${method} ${path}`)) codes.push(...STORE)
  if (row.resource === "secret" && CHANGES.has(row.verb ?? "")) codes.push(...STORE_CHANGES)
  if (path.includes("{name}")) codes.push("invalid_name")
  return [...new Set(codes)]
}

/** One response for each status, naming the codes that can come with it; the same set of codes is one component. */
export function refusalResponses(shared: Map<string, JsonObject>, codes: readonly ErrorCode[]): JsonObject {
  return Object.fromEntries(
    [...Map.groupBy(codes.toSorted(), (code) => STATUS[code])].map(([status, same]) => {
      const name = same.join(".")
      if (!shared.has(name)) shared.set(name, refusalResponse(status, same))
      return [status, { $ref: `#/components/responses/${name}` }]
    }),
  )
}

function refusalResponse(status: number, codes: readonly ErrorCode[]): JsonObject {
  const schema = { allOf: [{ $ref: "#/components/schemas/Problem" }, { properties: { code: { enum: [...codes] } } }] }
  return {
    description: codes.map((code) => `\`${code}\`: ${textOf(code)}`).join("; "),
    headers: {
      ...headers(REQUEST_ID),
      ...(status === 401 ? headers("www-authenticate") : {}),
      ...(status === 429 || status === 503 ? headers("retry-after") : {}),
    },
    content: { "application/json": { schema } },
  }
}

/** Headers of answers, by reference. */
export function headers(name: keyof typeof ABOUT.headers): JsonObject {
  return { [name]: { $ref: `#/components/headers/${name}` } }
}

export function headerComponents(): JsonObject {
  return Object.fromEntries(
    Object.entries(ABOUT.headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
  )
}
