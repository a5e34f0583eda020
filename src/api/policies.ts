import { type Static, Type } from "./schema.ts"
import { Id, Name, orNull, Reason, Role, Roles, strict, Time, Username, VerbName } from "./fields.ts"
import { DecisionReason } from "./problem.ts"

export const PerDay = Type.Integer({ minimum: 0, maximum: 1_000_000 })
const VerbRoles = Type.Partial(
  strict({
    list: Roles,
    read: Roles,
    reveal: Roles,
    create: Roles,
    write: Roles,
    delete: Roles,
    restore: Roles,
    rotate: Roles,
    purge: Roles,
    audit: Roles,
  }),
  { additionalProperties: false },
)

const PolicyFields = {
  secretPattern: Type.String({ minLength: 1, maxLength: 512 }),
  /** null: the row only adds requirements; []: nobody. */
  allowedRoles: orNull(Roles),
  requiresMfa: Type.Boolean(),
  requiresApproval: Type.Boolean(),
  /** null: no limit; 0: nobody. */
  maxAccessPerDay: orNull(PerDay),
  approverRoles: orNull(Roles),
  minApprovals: Type.Integer({ minimum: 1, maximum: 10 }),
  grantMinutes: Type.Integer({ minimum: 1, maximum: 10_080 }),
  allowedWorkloads: orNull(Type.Array(Name, { maxItems: 100, uniqueItems: true })),
  workloadMaxAccessPerDay: orNull(PerDay),
  verbRoles: VerbRoles,
  replacesRoles: Type.Boolean(),
}

const Optionals = Type.Partial(Type.Object(PolicyFields))

/** `POST /api/policies` and `PUT /api/policies/{id}`: what is not named takes the design's default. */
export const PolicyBody = strict({
  ...Optionals.properties,
  secretPattern: PolicyFields.secretPattern,
  reason: Reason,
})
/** `DELETE /api/policies/{id}`; answers `Message`. */
export const PolicyDeleteBody = strict({ reason: Reason })

export const PolicyAnswer = strict({ id: Id, ...PolicyFields, createdAt: Time, updatedAt: Time })
export const PoliciesAnswer = strict({
  policies: Type.Array(PolicyAnswer, { maxItems: 10_000 }),
  /** Grows with every change of the set. */
  epoch: Type.Integer({ minimum: 0 }),
})

/** Rows that a file of policies may hold. */
export const DRAFT_ROWS_MAX = 2_000

/** A row that is not installed, as `PolicyAnswer` spells it; only the pattern has to be there. */
const PolicyDraft = strict({
  ...Optionals.properties,
  secretPattern: PolicyFields.secretPattern,
  id: Type.Optional(
    Type.String({ pattern: "^[A-Za-z0-9-]{1,64}$", description: "a row id (1 to 64 letters, digits or hyphens)" }),
  ),
  createdAt: Type.Optional(Time),
  updatedAt: Type.Optional(Time),
})
export const PolicyDrafts = Type.Array(PolicyDraft, { maxItems: DRAFT_ROWS_MAX })

/** What the matching rows come to, for one secret. */
export const EffectivePolicy = strict({
  patterns: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 10_000 }),
  allowedRoles: Type.Array(Role, { maxItems: 10_000 }),
  requiresMfa: Type.Boolean(),
  requiresApproval: Type.Boolean(),
  maxAccessPerDay: orNull(PerDay),
})

/** `POST /api/policies/explain`: about the caller, or about `principal` for admins and auditors. */
export const ExplainBody = strict({ principal: Type.Optional(Username), verb: VerbName, secret: Name })
export const ExplainAnswer = strict({
  principal: Username,
  verb: VerbName,
  secret: Name,
  effect: Type.Enum(["permit", "refuse"]),
  reasons: Type.Array(DecisionReason, { maxItems: 1000 }),
  policy: EffectivePolicy,
})

export type PolicyDraft = Static<typeof PolicyDraft>
export type PolicyBody = Static<typeof PolicyBody>
export type PolicyDeleteBody = Static<typeof PolicyDeleteBody>
export type PolicyAnswer = Static<typeof PolicyAnswer>
export type PoliciesAnswer = Static<typeof PoliciesAnswer>
export type EffectivePolicy = Static<typeof EffectivePolicy>
export type ExplainBody = Static<typeof ExplainBody>
export type ExplainAnswer = Static<typeof ExplainAnswer>
