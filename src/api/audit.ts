import { type Static, Type } from "./schema.ts"
import { DAY_MS } from "../core/clock.ts"
import { Name, orNull, strict } from "./fields.ts"
import { Limit, parseLimit } from "./page.ts"
import { invalidField, parseQuery } from "./parse.ts"

export const DateText = Type.String({
  pattern: "^\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,3})?Z)?$",
  description: "a UTC day (2026-11-24) or a UTC time (2026-11-24T09:30:00Z)",
})
const Index = Type.String({ pattern: "^(?:0|[1-9][0-9]{0,15})$", description: "a whole number in digits" })
const Code = Type.String({ pattern: "^[A-Z_]{1,50}$", description: "a code in upper case" })

const Span = {
  startDate: Type.Optional(DateText),
  /** A day means to its end. */
  endDate: Type.Optional(DateText),
  limit: Type.Optional(Limit),
  /** Entries with a smaller index. */
  cursor: Type.Optional(Index),
  action: Type.Optional(Code),
  result: Type.Optional(Code),
}
/** `GET /api/secrets/{name}/audit`. */
export const SecretAuditQuery = strict(Span)
/** `GET /api/audit`. */
export const AuditQuery = strict({
  ...Span,
  resource: Type.Optional(Name),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
})

const Short = Type.String({ maxLength: 255 })
const Long = Type.String({ maxLength: 20_000 })
/** The guide's eleven columns in snake_case, the others in camelCase. Null: erased, or never there. */
export const AuditEntry = strict({
  id: Type.Integer({ minimum: 0 }),
  user_id: orNull(Short),
  resource_type: orNull(Short),
  resource_name: orNull(Long),
  action: orNull(Short),
  result: orNull(Short),
  reason: orNull(Long),
  details: orNull(Long),
  ip_address: orNull(Short),
  user_agent: orNull(Long),
  timestamp: orNull(Short),
  requestId: orNull(Short),
  username: orNull(Short),
  principalKind: orNull(Short),
  roles: orNull(Type.Array(Short, { maxItems: 1000 })),
  policyIds: orNull(Type.Array(Short, { maxItems: 10_000 })),
  decision: orNull(Short),
  versionId: orNull(Short),
  grantId: orNull(Short),
  quotaUse: orNull(Type.Integer()),
  leafHash: Type.String({ minLength: 44, maxLength: 44 }),
  erasedBy: orNull(Type.Integer({ minimum: 0 })),
})
const Page = {
  auditLogs: Type.Array(AuditEntry, { maxItems: 1000 }),
  /** Items in this answer. */
  total: Type.Integer({ minimum: 0 }),
  nextCursor: orNull(Index),
}
/** Newest first. */
export const SecretAuditAnswer = strict({ secretName: Name, ...Page })
export const AuditAnswer = strict(Page)

/** `GET /api/audit/proof`: inclusion of entry `index` in the tree of `size` entries. */
export const ProofQuery = strict({ index: Index, size: Index })
/** RFC 6962 audit path, leaf side first; base64. */
export const ProofAnswer = strict({
  index: Type.Integer({ minimum: 0 }),
  size: Type.Integer({ minimum: 1 }),
  leafHash: Type.String({ minLength: 44, maxLength: 44 }),
  proof: Type.Array(Type.String({ minLength: 44, maxLength: 44 }), { maxItems: 64 }),
})
/** `GET /api/audit/checkpoint`: the newest C2SP signed note. */
export const CheckpointAnswer = strict({ checkpoint: Type.String({ maxLength: 4096 }) })
/** `GET /api/audit/key`: the log's verifier key, `name+hash+base64`. */
export const LogKeyAnswer = strict({ key: Type.String({ maxLength: 1024 }) })

export type AuditEntry = Static<typeof AuditEntry>
export type SecretAuditAnswer = Static<typeof SecretAuditAnswer>
export type AuditAnswer = Static<typeof AuditAnswer>
export type ProofAnswer = Static<typeof ProofAnswer>
export type CheckpointAnswer = Static<typeof CheckpointAnswer>
export type LogKeyAnswer = Static<typeof LogKeyAnswer>

/** Entries in one answer at most, and when no limit is given: 100 as in the guide. */
export const AUDIT_PAGE_MAX = 1000
export const AUDIT_PAGE_DEFAULT = 100

/** Times in milliseconds since 1970 UTC, `from` and `to` both inclusive; `before` is an index. */
export interface AuditFilter {
  readonly from: number | null
  readonly to: number | null
  readonly before: number | null
  readonly action: string | null
  readonly result: string | null
  readonly resource: string | null
  /** An id or a user name. */
  readonly user: string | null
  readonly limit: number
}

export function parseAuditQuery(query: unknown): AuditFilter {
  return filterOf(parseQuery(AuditQuery, query))
}

/** The name is the path's; it stands in `resource`. */
export function parseSecretAuditQuery(query: unknown, secretName: string): AuditFilter {
  return { ...filterOf(parseQuery(SecretAuditQuery, query)), resource: secretName }
}

function filterOf(query: Static<typeof AuditQuery>): AuditFilter {
  const { startDate, endDate, limit, cursor, action = null, result = null, resource = null, user = null } = query
  return {
    from: startDate === undefined ? null : timeOf("startDate", startDate),
    to: endDate === undefined ? null : timeOf("endDate", endDate) + (endDate.length === 10 ? DAY_MS - 1 : 0),
    before: cursor === undefined ? null : indexOf("cursor", cursor),
    limit: limit === undefined ? AUDIT_PAGE_DEFAULT : parseLimit(limit, AUDIT_PAGE_MAX),
    action,
    result,
    resource,
    user,
  }
}

/** Throws `invalid_request` unless `0 <= index < size`. */
export function parseProofQuery(query: unknown): { readonly index: number; readonly size: number } {
  const given = parseQuery(ProofQuery, query)
  const index = indexOf("index", given.index)
  const size = indexOf("size", given.size)
  if (index >= size) throw invalidField("/index", "index must be less than size")
  return { index, size }
}

/** @throws TylerError `invalid_request` for a day that no calendar has */
export function timeOf(field: string, text: string): number {
  const at = Date.parse(text)
  // Date.parse takes 2026-02-30 for 2 March; such a day is a mistake, not a wish.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(text.slice(0, 10)))
    throw invalidField(`/${field}`, `${field} is no day of the calendar`)
  return at
}

function indexOf(field: string, text: string): number {
  const index = Number(text)
  if (!Number.isSafeInteger(index)) throw invalidField(`/${field}`, `${field} is too large`)
  return index
}
