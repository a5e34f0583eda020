import { type Static, Type } from "./schema.ts"
import { Cursor, Id, orNull, Password, Reason, Roles, Scope, strict, Time, Token, Username } from "./fields.ts"
import { PendingAnswer } from "./access-requests.ts"
import { Limit, parseLimit } from "./page.ts"
import { invalidField, parseBody, parseQuery } from "./parse.ts"

/** `POST /api/users` -> 201 `CreatedUser`. */
export const UserBody = strict({
  username: Username,
  password: Password,
  roles: Roles,
  mustChangePassword: Type.Optional(Type.Boolean()),
})
/** `pending`: the roles that take a second person; the account is there without them. */
export const CreatedUser = strict({ id: Id, pending: Type.Optional(PendingAnswer) })

/** `PATCH /api/users/{id}`, read with `parseUserPatch` -> `UserItem`. Every change ends the person's sessions. */
export const UserPatch = strict({
  roles: Type.Optional(Roles),
  disabled: Type.Optional(Type.Boolean()),
  password: Type.Optional(Password),
  mustChangePassword: Type.Optional(Type.Boolean()),
  /** Named for break-glass. */
  breakGlass: Type.Optional(Type.Boolean()),
  /** Takes all second factors away; the person has to enrol anew. */
  resetFactors: Type.Optional(Type.Literal(true)),
  reason: Type.Optional(Reason),
})

export const UserItem = strict({
  id: Id,
  username: Username,
  roles: Roles,
  disabled: Type.Boolean(),
  mustChangePassword: Type.Boolean(),
  breakGlass: Type.Boolean(),
  /** The account was reset: no approvals, no second factor, until it has enrolled anew. */
  mustEnrol: Type.Boolean(),
  createdAt: Time,
})
/** `GET /api/users`, in order of names. */
export const UsersAnswer = strict({ users: Type.Array(UserItem, { maxItems: 100 }), nextCursor: orNull(Cursor) })

/** `POST` and `DELETE /api/users/{id}/hold`, `POST /api/users/{id}/erase`. The reason must not name the person. */
export const PersonReason = strict({ reason: Reason })

const ExpiresInDays = Type.Integer({ minimum: 1, maximum: 365 })
/** `POST /api/service-accounts` -> 201 `IssuedToken` (of the account's first token; `id` is the account's). */
export const ServiceAccountBody = strict({
  name: Username,
  roles: Roles,
  /** The standing reason: what its reads are accounted for by where they state none of their own. */
  reason: Reason,
  expiresInDays: Type.Optional(ExpiresInDays),
  /** A person; absent: who asks. */
  ownerId: Type.Optional(Id),
  /** Of the first token; absent: whatever the account may do. */
  scope: Type.Optional(Scope),
})
/** `PATCH /api/service-accounts/{id}`, read with `parseServiceAccountPatch` -> `ServiceAccountItem`. Its tokens stay. */
export const ServiceAccountPatch = strict({
  ownerId: Type.Optional(Id),
  standingReason: Type.Optional(Reason),
  reason: Reason,
})
/** `POST /api/service-accounts/{id}/tokens` -> 201 `IssuedToken`; `DELETE .../{tokenId}` -> `Message`. */
export const TokenBody = strict({
  reason: Reason,
  expiresInDays: Type.Optional(ExpiresInDays),
  scope: Type.Optional(Scope),
})
export const IssuedToken = strict({
  /** Of the service account. */
  id: Id,
  tokenId: Id,
  /** Shown this once. */
  token: Token,
  expiresAt: Time,
})

export const TokenItem = strict({
  id: Id,
  label: Type.String({ maxLength: 200 }),
  scope: orNull(Scope),
  createdAt: Time,
  expiresAt: Time,
})
export const ServiceAccountItem = strict({
  id: Id,
  name: Username,
  roles: Roles,
  disabled: Type.Boolean(),
  ownerId: orNull(Id),
  standingReason: orNull(Reason),
  createdAt: Time,
  tokens: Type.Array(TokenItem, { maxItems: 1000 }),
})
/** `GET /api/service-accounts`, in order of names. */
export const ServiceAccountsAnswer = strict({
  serviceAccounts: Type.Array(ServiceAccountItem, { maxItems: 100 }),
  nextCursor: orNull(Cursor),
})

/** `GET /api/users` and `GET /api/service-accounts`. */
export const PageQuery = strict({ cursor: Type.Optional(Cursor), limit: Type.Optional(Limit) })

export type UserBody = Static<typeof UserBody>
export type CreatedUser = Static<typeof CreatedUser>
export type UserPatch = Static<typeof UserPatch>
export type UserItem = Static<typeof UserItem>
export type UsersAnswer = Static<typeof UsersAnswer>
export type PersonReason = Static<typeof PersonReason>
export type ServiceAccountBody = Static<typeof ServiceAccountBody>
export type ServiceAccountPatch = Static<typeof ServiceAccountPatch>
export type TokenBody = Static<typeof TokenBody>
export type IssuedToken = Static<typeof IssuedToken>
export type TokenItem = Static<typeof TokenItem>
export type ServiceAccountItem = Static<typeof ServiceAccountItem>
export type ServiceAccountsAnswer = Static<typeof ServiceAccountsAnswer>
export type PageQuery = Readonly<{ cursor: string | null; limit: number }>

export function parseUserPatch(json: unknown): UserPatch {
  const { reason: _reason, ...changes } = parseBody(UserPatch, json)
  if (Object.keys(changes).length === 0)
    throw invalidField(
      "",
      "one of roles, disabled, password, mustChangePassword, breakGlass and resetFactors is required",
    )
  return json as UserPatch
}

export function parseServiceAccountPatch(json: unknown): ServiceAccountPatch {
  const patch = parseBody(ServiceAccountPatch, json, ["reason", "standingReason"])
  if (patch.ownerId === undefined && patch.standingReason === undefined)
    throw invalidField("", "one of ownerId and standingReason is required")
  return patch
}

export function parsePageQuery(query: unknown): PageQuery {
  const { cursor = null, limit } = parseQuery(PageQuery, query)
  return { cursor, limit: parseLimit(limit) }
}
