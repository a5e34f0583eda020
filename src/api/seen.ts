import { DateText, timeOf } from "./audit.ts"
import { AnyVersionId, Cursor, Id, Name, orNull, strict, Time } from "./fields.ts"
import { Limit, parseLimit } from "./page.ts"
import { invalidField, parseQuery } from "./parse.ts"
import { type Static, Type } from "./schema.ts"

/** `GET /api/audit/seen`, read with `parseSeenQuery`. */
export const SeenQuery = Type.Partial(
  strict({ person: Type.String({ minLength: 1, maxLength: 128 }), since: DateText, cursor: Cursor, limit: Limit }),
  { additionalProperties: false },
)

/**
 * What a rotation now would do about a version that was seen, for whoever asks: `rotatable`, it replaces the version.
 * `replaced`: nothing is to be done, the version is good no more. All others: it may be good, and is not replaced from here.
 */
export const OUTLOOKS = [
  "rotatable",
  "replaced",
  "no_schedule",
  "used_elsewhere",
  "forbidden",
  "version_pending",
  "secret_pending_deletion",
  "gone",
] as const

const Seen = strict({
  name: Name,
  versionId: AnyVersionId,
  /** Which of the service's own labels the version has by now. */
  stage: orNull(Type.Enum(["current", "previous", "pending"])),
  userId: Id,
  /** Null: erased. */
  username: orNull(Type.String({ maxLength: 4096 })),
  /** Unmasked, among the entries of this page. */
  reads: Type.Integer({ minimum: 1 }),
  lastRead: Time,
  outlook: Type.Enum([...OUTLOOKS]),
  strategy: orNull(Type.String({ maxLength: 64 })),
})

export const SeenAnswer = strict({
  /** Whose reads these are; null: everybody's. */
  person: orNull(strict({ id: Id, name: orNull(Type.String({ maxLength: 128 })) })),
  /** Reads from this time on; null: from the first on. */
  since: orNull(Time),
  seen: Type.Array(Seen, { maxItems: 100 }),
  nextCursor: orNull(Cursor),
})

export type SeenQuery = Static<typeof SeenQuery>
export type SeenAnswer = Static<typeof SeenAnswer>
export type SeenVersion = Static<typeof Seen>
export type Outlook = SeenVersion["outlook"]

export interface SeenFilter {
  /** A user name, an id, or the id of an access key. */
  readonly person: string | null
  /** Milliseconds since 1970 UTC. */
  readonly since: number | null
  readonly cursor: string | null
  readonly limit: number
}

export function parseSeenQuery(query: unknown): SeenFilter {
  const { person = null, since, cursor = null, limit } = parseQuery(SeenQuery, query)
  if (person === null && since === undefined) throw invalidField("/person", "person, since or both must be given")
  return { person, since: since === undefined ? null : timeOf("since", since), cursor, limit: parseLimit(limit) }
}
