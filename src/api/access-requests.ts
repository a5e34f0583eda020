import { LEASE_USES_MAX, TARGETS_MAX, WINDOW_MINUTES_MAX } from "../core/lease.ts"
import { type Static, Type } from "./schema.ts"
import { Cursor, Id, Name, orNull, Reason, strict, Time } from "./fields.ts"
import { FactorBody, oneOfShown, type ShownFactor } from "./factors.ts"
import { Limit, parseLimit } from "./page.ts"
import { parseBody, parseQuery } from "./parse.ts"

/** `POST /api/access-requests` -> 201 `RequestItem`. */
export const AccessRequestBody = strict({
  secrets: Type.Array(Name, { minItems: 1, maxItems: TARGETS_MAX, uniqueItems: true }),
  verb: Type.Enum(["read", "purge"]),
  reason: Reason,
  /** How long the grant shall live; absent: as long as policy lets it. */
  minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080 })),
  /** How often it opens each secret; absent: once; null: any number of times. */
  uses: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: LEASE_USES_MAX }))),
})

const State = Type.Enum(["pending", "approved", "denied", "cancelled", "void", "reviewed", "expired"])

export const DecisionItem = strict({
  by: Type.String({ maxLength: 128 }),
  byId: Id,
  verdict: Type.Enum(["approve", "deny", "review"]),
  at: Time,
})

/** A request as those see it who made it or may decide it. Never a value. */
export const RequestItem = strict({
  id: Id,
  kind: Type.Enum(["access", "change", "break_glass"]),
  requester: Type.String({ maxLength: 128 }),
  requesterId: Id,
  verb: orNull(Type.Enum(["read", "purge"])),
  secrets: Type.Array(Name, { maxItems: TARGETS_MAX }),
  /** Of a change: what would be changed, in words and rows, and whose account; password hashes are left out. */
  change: orNull(Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}))),
  /** Null once it was erased. */
  reason: orNull(Type.String({ maxLength: 1000 })),
  minutes: Type.Integer({ minimum: 0 }),
  uses: orNull(Type.Integer({ minimum: 1 })),
  steppedUp: Type.Boolean(),
  /** Approvals it takes. */
  /** 0: policy wants a second factor only, and the grants began with the request. */
  needed: Type.Integer({ minimum: 0 }),
  state: State,
  createdAt: Time,
  expiresAt: Time,
  /** When a change takes effect that nobody else can approve, or a break-glass window ends. */
  effectiveAt: orNull(Time),
  /** Base64url of the SHA-256 that approvers sign. */
  digest: Type.String({ minLength: 43, maxLength: 43 }),
  decisions: Type.Array(DecisionItem, { maxItems: 100 }),
})
export const RequestsAnswer = strict({
  requests: Type.Array(RequestItem, { maxItems: 100 }),
  nextCursor: orNull(Cursor),
})

/** `POST /api/access-requests/{id}/approve`, read with `parseApproval`: what the approver's factor asks for. */
export const ApproveBody = FactorBody
export const GrantItem = strict({
  id: Id,
  requestId: Id,
  secretId: Id,
  verb: Type.Enum(["read", "purge"]),
  approvals: Type.Integer({ minimum: 0 }),
  steppedUp: Type.Boolean(),
  usesLeft: orNull(Type.Integer({ minimum: 0 })),
  createdAt: Time,
  expiresAt: Time,
})
export const DecidedAnswer = strict({
  id: Id,
  state: State,
  approvals: Type.Integer({ minimum: 0 }),
  needed: Type.Integer({ minimum: 1 }),
  grants: Type.Array(GrantItem, { maxItems: TARGETS_MAX }),
})
/** `POST .../deny` and `POST .../review`. */
export const DecisionBody = strict({ reason: Reason })

/** `GET /api/grants`: the caller's own live ones. */
export const GrantsAnswer = strict({ grants: Type.Array(GrantItem, { maxItems: 1000 }) })

/** `POST /api/break-glass` -> 201. */
export const BreakGlassBody = strict({
  secrets: Type.Array(Name, { minItems: 1, maxItems: TARGETS_MAX, uniqueItems: true }),
  reason: Reason,
  minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: WINDOW_MINUTES_MAX })),
})

/** What an admin's change answers when it waits for a second person. */
export const PendingAnswer = strict({
  message: Type.String({ maxLength: 500 }),
  requestId: Id,
  state: State,
  effectiveAt: orNull(Time),
})

export const RequestsQuery = strict({
  of: Type.Optional(Type.Enum(["own", "decide", "all"])),
  state: Type.Optional(Type.Enum(["pending", "approved", "denied", "cancelled", "void", "reviewed"])),
  cursor: Type.Optional(Cursor),
  limit: Type.Optional(Limit),
})

export type AccessRequestBody = Static<typeof AccessRequestBody>
export type RequestItem = Static<typeof RequestItem>
export type RequestsAnswer = Static<typeof RequestsAnswer>
export type GrantItem = Static<typeof GrantItem>
export type GrantsAnswer = Static<typeof GrantsAnswer>
export type DecidedAnswer = Static<typeof DecidedAnswer>
export type BreakGlassBody = Static<typeof BreakGlassBody>
export type PendingAnswer = Static<typeof PendingAnswer>

/** Nothing at all is an approval without a factor; whether that will do is for policy to say. */
export function parseApproval(json: unknown): ShownFactor | undefined {
  const body = parseBody(ApproveBody, json ?? {})
  return body.code === undefined && body.passkey === undefined ? undefined : oneOfShown(body)
}

export function parseRequestsQuery(query: unknown) {
  const { of = "own", state = null, cursor = null, limit } = parseQuery(RequestsQuery, query)
  return { of, state, cursor, limit: parseLimit(limit) }
}
