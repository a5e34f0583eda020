import { type Static, Type } from "./schema.ts"
import { VERBS } from "../core/verb.ts"
import { AnyLabel, AnyVersionId, orNull, Role, strict, Time } from "./fields.ts"

const Text = Type.String({ maxLength: 1000 })
const Count = Type.Integer({ minimum: 0 })

/** One rule's say in a decision. */
export const DecisionReason = strict({
  /** A refusal code, or `allowed`. */
  code: Type.String({ maxLength: 64 }),
  /** Id of the policy row, or `built-in`. */
  rule: Type.String({ maxLength: 64 }),
  pattern: Type.String({ maxLength: 512 }),
  says: Text,
  /** What would change it; absent where nothing stands in the way. */
  change: Type.Optional(Text),
})

/** What a refusal may say beside its text and code; each stands there only where it helps. */
export const ProblemFacts = {
  /** JSON pointer (RFC 6901) into the body, or a query field. */
  field: Type.Optional(Text),
  limit: Type.Optional(Count),
  minimum: Type.Optional(Count),
  /** What is limited: `reads`, `address`, `login`, `secret`, `person`, `versions`. */
  scope: Type.Optional(
    Type.Enum(["reads", "address", "login", "passwords", "secret", "person", "versions", "open_requests"]),
  ),
  resetsAt: Type.Optional(Time),
  /** Seconds; the Retry-After header says the same. */
  retryAfter: Type.Optional(Type.Integer({ minimum: 1 })),
  /** Everything that is missing, where that is more than one thing. */
  missing: Type.Optional(Type.Array(Type.Enum(["approval", "verification", "quota"]), { minItems: 2, maxItems: 3 })),
  requiresToken: Type.Optional(Type.Literal(true)),
  requiresApproval: Type.Optional(Type.Literal(true)),
  /** An approver's passkey must sign, or a code of his app be shown. */
  requiresSignature: Type.Optional(Type.Boolean()),
  requiresCode: Type.Optional(Type.Boolean()),
  /** There is no second factor yet, or none since the account was reset. */
  requiresEnrolment: Type.Optional(Type.Literal(true)),
  /** Why this person may not decide this request. */
  bar: Type.Optional(Type.String({ pattern: "^[a-z_]{1,64}$" })),
  /** Of a request that is no longer open. */
  state: Type.Optional(Type.String({ pattern: "^[a-z_]{1,64}$" })),
  /** What is wrong with a passkey's answer, or with what is to be rotated. */
  fault: Type.Optional(Type.String({ pattern: "^[a-z_]{1,64}$" })),
  /** Of the value: the member of its JSON object that is wrong. */
  member: Type.Optional(Type.String({ maxLength: 128 })),
  /** The version or the label that is not there, or that stands in the way. */
  versionId: Type.Optional(AnyVersionId),
  stage: Type.Optional(AnyLabel),
  /** Of the secret in which a key stands for another value. */
  arn: Type.Optional(Type.String({ maxLength: 2048 })),
  /** Of the secret that the refusal is about, where there were several. */
  name: Type.Optional(Type.String({ maxLength: 512 })),
  reasons: Type.Optional(Type.Array(DecisionReason, { maxItems: 10_000 })),
  /** The role that would do, or what must be done first. */
  requires: Type.Optional(Text),
  expectedFormat: Type.Optional(Text),
  currentVersion: Type.Optional(orNull(Text)),
  deletionDate: Type.Optional(Time),
  category: Type.Optional(Text),
  /** Of the names that are no role the first 32, and the roles that there are. */
  unknown: Type.Optional(Type.Array(Role, { minItems: 1, maxItems: 32 })),
  known: Type.Optional(Type.Array(Role, { maxItems: 300 })),
  policyId: Type.Optional(orNull(Text)),
  verb: Type.Optional(Type.Enum([...VERBS, "govern"])),
  /** Entries the log has. */
  size: Type.Optional(Count),
  /** Methods that the path has. */
  allowed: Type.Optional(Type.Array(Type.String({ maxLength: 10 }), { maxItems: 10 })),
  /** Which part does not work: `locked`, `disk_full`, `ledger_stopped`... */
  cause: Type.Optional(Type.String({ pattern: "^[a-z0-9_]{1,64}$" })),
}

/** Every error answer: a text for people, a code for programs, and facts. */
export const Problem = strict({
  error: Text,
  /** One of `core/errors.ts`. */
  code: Type.String({ pattern: "^[a-z_]{1,64}$" }),
  requestId: Type.String({ maxLength: 128 }),
  ...ProblemFacts,
})

export type DecisionReason = Static<typeof DecisionReason>
export type Problem = Static<typeof Problem>
