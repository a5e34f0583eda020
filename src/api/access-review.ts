import { type Static, Type } from "./schema.ts"
import { Cursor, Id, Name, orNull, Reason, Role, Roles, strict, Time } from "./fields.ts"
import { Limit, parseLimit } from "./page.ts"
import { invalidField, parseBody, parseQuery } from "./parse.ts"

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String({ maxLength: 1000 })
/** Of a right that was not used: 1 to 365. */
export const REVIEW_DAYS = { least: 1, most: 365, usual: 90 } as const
/** Decisions of one record. */
export const DECISIONS_MAX = 5_000

/** `GET /api/access-review`. */
export const ReviewQuery = strict({
  days: Type.Optional(Type.String({ pattern: "^[0-9]{1,3}$", description: "a whole number in digits" })),
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Cursor),
})

const Right = strict({
  /** Of the rows that match; `**` where no other does. */
  patterns: Type.Array(Text, { maxItems: 10_000 }),
  policyIds: Type.Array(Id, { maxItems: 10_000 }),
  /** Roles of the person's or program's own that let. */
  roles: Type.Array(Role, { maxItems: 32 }),
  verbs: Type.Array(Type.Enum(["read", "reveal"]), { maxItems: 2 }),
  /** That there are now, and some of them. */
  secrets: Count,
  examples: Type.Array(Name, { maxItems: 5 }),
  secondFactor: Type.Boolean(),
  approval: Type.Boolean(),
  /** Within the time looked at; null: not used. */
  lastUse: orNull(Time),
  uses: Count,
  /** May, and has not, although the account is older than the time looked at. */
  dormant: Type.Boolean(),
})

const Subject = strict({
  id: Id,
  name: Text,
  kind: Type.Enum(["person", "program"]),
  roles: Roles,
  /** Of a program. */
  ownerId: orNull(Id),
  breakGlass: Type.Boolean(),
  createdAt: Time,
  lastSeen: orNull(Time),
  rights: Type.Array(Right, { maxItems: 10_000 }),
})

export const ReviewAnswer = strict({
  days: Count,
  /** How much of the audit log was looked at; `cut`: not all of those days. */
  looked: strict({ since: Time, entries: Count, cut: Type.Boolean() }),
  /** Live secrets; `cut`: there were more than were looked at. */
  secrets: strict({ count: Count, cut: Type.Boolean() }),
  subjects: Type.Array(Subject, { maxItems: 100 }),
  nextCursor: orNull(Cursor),
})

/** `POST /api/access-review` -> 201 `ReviewRecorded`. */
export const ReviewBody = strict({
  reason: Reason,
  days: Type.Integer({ minimum: REVIEW_DAYS.least, maximum: REVIEW_DAYS.most }),
  decisions: Type.Array(
    strict({ id: Id, decision: Type.Enum(["keep", "remove_role", "disable"]), role: Type.Optional(Role) }),
    { minItems: 1, maxItems: DECISIONS_MAX },
  ),
})
export const ReviewRecorded = strict({
  /** Number of the entry. */
  entry: Count,
  kept: Count,
  rolesRemoved: Count,
  disabled: Count,
  /** Decided and not in force. */
  waiting: Count,
})

export type ReviewAnswer = Static<typeof ReviewAnswer>
export type ReviewBody = Static<typeof ReviewBody>
export type ReviewRecorded = Static<typeof ReviewRecorded>

export function parseReviewQuery(query: unknown) {
  const { days, limit, cursor = null } = parseQuery(ReviewQuery, query)
  const asked = days === undefined ? REVIEW_DAYS.usual : Number(days)
  if (asked < REVIEW_DAYS.least || asked > REVIEW_DAYS.most)
    throw invalidField("/days", `days must be between ${REVIEW_DAYS.least} and ${REVIEW_DAYS.most}`)
  return { days: asked, limit: parseLimit(limit), cursor }
}

/** A role belongs to `remove_role`, and to nothing else. */
export function parseReviewBody(json: unknown): ReviewBody {
  const body = parseBody(ReviewBody, json, ["reason"])
  for (const [at, { decision, role }] of body.decisions.entries())
    if ((decision === "remove_role") !== (role !== undefined))
      throw invalidField(`/decisions/${at}/role`, "a role is named with remove_role, and with nothing else")
  return body
}
