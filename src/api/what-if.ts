import { type Static, Type } from "./schema.ts"
import { ERROR_CODES } from "../core/errors.ts"
import { Id, Name, orNull, Roles, strict, Time, VerbName } from "./fields.ts"
import { PolicyDrafts } from "./policies.ts"
import { DecisionReason } from "./problem.ts"
import { TermsFields } from "./who.ts"

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String({ maxLength: 1000 })
const Names = Type.Array(Text, { maxItems: 20 })
const Missing = Type.Array(Type.Enum(["approval", "verification", "quota"]), { maxItems: 3, uniqueItems: true })
const Code = Type.Enum([...ERROR_CODES])
const Reasons = Type.Array(DecisionReason, { maxItems: 10_000 })

/** `POST /api/policies/diff`: the whole set as it would be. */
export const DiffBody = strict({ policies: PolicyDrafts })

const Terms = strict(TermsFields)
const Parts = Type.Array(
  Type.Enum([
    "roles",
    "programs",
    "second_factor",
    "approval",
    "approvals",
    "approvers",
    "grant_minutes",
    "per_day",
    "program_per_day",
  ]),
  { maxItems: 9 },
)
const People = strict({ count: Count, names: Names })
const AccessChange = strict({
  verbs: Type.Array(VerbName, { maxItems: 10 }),
  /** Of the rows that changed. */
  patterns: Type.Array(Text, { maxItems: 10_000 }),
  /** Names that this holds for; they need not exist. */
  examples: Names,
  before: Terms,
  after: Terms,
  /** Parts that ask less than before, and parts that ask more. */
  looser: Parts,
  stricter: Parts,
  gains: People,
  losses: People,
})
const LostReads = strict({
  userId: Id,
  username: orNull(Text),
  secret: Text,
  code: Code,
  missing: Missing,
  reasons: Reasons,
  reads: Count,
  lastRead: Time,
})
export const DiffAnswer = strict({
  /** The set that was compared with. */
  epoch: Count,
  changes: Type.Array(AccessChange, { maxItems: 500 }),
  /** False: there was more to compare than is looked at. */
  complete: Type.Boolean(),
  /** The change would need a second person. */
  loosensApproval: Type.Boolean(),
  reads: strict({
    /** Audit entries looked at, the newest first, 100,000 at most; `cut`: there were more since then. */
    entries: Count,
    since: Time,
    cut: Type.Boolean(),
    /** Reads that the present rows permit and the new ones refuse. */
    refused: Count,
    /** By person, secret and reason, the most frequent first. */
    groups: Type.Array(LostReads, { maxItems: 1_000 }),
  }),
})

/** Cases of one test. */
export const CASES_MAX = 1_000

const PolicyCase = strict({
  title: Type.Optional(Type.String({ maxLength: 200 })),
  principal: strict({
    roles: Roles,
    /** `person` unless it says otherwise. */
    kind: Type.Optional(Type.Enum(["person", "program"])),
    /** For rows that name programs. */
    id: Type.Optional(Id),
  }),
  verb: VerbName,
  secret: Name,
  /** What is given besides: a second factor, approvals, and unmasked reads of the same day before. */
  verified: Type.Optional(Type.Boolean()),
  approvals: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
  usedToday: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  expect: Type.Enum(["permit", "refuse"]),
  /** Only with `refuse`: its code, and everything that is missing. */
  code: Type.Optional(Code),
  missing: Type.Optional(Missing),
})

/** `POST /api/policies/test`: against `policies`, or without them against the present rows. */
export const TestBody = strict({
  cases: Type.Array(PolicyCase, { minItems: 1, maxItems: CASES_MAX }),
  policies: Type.Optional(PolicyDrafts),
})
export const TestAnswer = strict({
  /** In the order of the cases. */
  cases: Type.Array(
    strict({
      passed: Type.Boolean(),
      effect: Type.Enum(["permit", "refuse"]),
      code: orNull(Code),
      missing: Missing,
      reasons: Reasons,
    }),
    { maxItems: CASES_MAX },
  ),
  failed: Count,
})

export type DiffBody = Static<typeof DiffBody>
export type DiffAnswer = Static<typeof DiffAnswer>
export type PolicyCase = Static<typeof PolicyCase>
export type TestBody = Static<typeof TestBody>
export type TestAnswer = Static<typeof TestAnswer>
