import { type Static, Type } from "./schema.ts"
import { Cursor, Id, Name, orNull, Role, Roles, strict, Time, VerbName } from "./fields.ts"
import { Limit, parseLimit } from "./page.ts"
import { parseQuery } from "./parse.ts"
import { PerDay } from "./policies.ts"

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String({ maxLength: 1000 })
const Verbs = Type.Array(VerbName, { maxItems: 10 })

/** What is asked of whoever uses a verb. */
export const TermsFields = {
  /** One of these; empty: nobody. */
  roles: Type.Array(Role, { maxItems: 10_000 }),
  /** Programs that may, by id; null: any with a role. */
  programs: orNull(Type.Array(Id, { maxItems: 10_000 })),
  secondFactor: Type.Boolean(),
  /** Null: none is asked; else how many, by which roles, and how many minutes a grant may live. */
  approval: orNull(
    strict({
      least: Type.Integer({ minimum: 1 }),
      approvers: Type.Array(Role, { maxItems: 10_000 }),
      minutes: Type.Integer({ minimum: 1 }),
    }),
  ),
  /** Unmasked reads per person and UTC day; null: no limit, or a verb that does not count. */
  perDay: orNull(PerDay),
  programPerDay: orNull(PerDay),
}

/** `GET /api/secrets/{name}/who`. */
export const WhoQuery = strict({ limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) })

const WhoUser = strict({ id: Id, name: Text, kind: Type.Enum(["person", "program"]), roles: Roles, verbs: Verbs })
const WhoReader = strict({
  userId: Id,
  /** As of the newest read; null: erased. */
  username: orNull(Text),
  lastRead: Time,
  /** In the last 30 days. */
  reads: Count,
  unmasked: Count,
})

export const WhoAnswer = strict({
  name: Name,
  /** Whether the caller sees everybody, or only what they may do themselves. */
  owner: Type.Boolean(),
  verbs: Type.Array(strict({ verb: VerbName, ...TermsFields, policyIds: Type.Array(Id, { maxItems: 10_000 }) }), {
    maxItems: 10,
  }),
  /** Those who could use at least one verb once they give all that it asks; people first, in order of name. */
  users: Type.Array(WhoUser, { maxItems: 100 }),
  nextCursor: orNull(Cursor),
  /** For owners on the first page, the newest first; `cut`: there were older reads than were looked at. */
  readers: orNull(strict({ readers: Type.Array(WhoReader, { maxItems: 10_000 }), cut: Type.Boolean() })),
})

export type WhoAnswer = Static<typeof WhoAnswer>

export function parseWhoQuery(query: unknown): { readonly limit: number; readonly cursor: string | null } {
  const { limit, cursor = null } = parseQuery(WhoQuery, query)
  return { limit: parseLimit(limit), cursor }
}
