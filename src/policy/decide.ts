import type { ErrorCode } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import type { Assurance, PrincipalKind } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import { combine, type Requirements } from "./combine.ts"
import type { PolicySet, Rule } from "./document.ts"

export interface Asker {
  readonly id: string
  readonly kind: PrincipalKind
  readonly roles: readonly string[]
  readonly assurance: Assurance
}

export interface Question {
  readonly verb: Verb
  readonly name: SecretName
  readonly principal: Asker
  /** A live grant for this person, secret and verb. */
  readonly granted?: boolean
  /** A step-up token for this person, session, secret and verb. */
  readonly steppedUp?: boolean
  /** Development only: rows that ask for a second factor are ignored. */
  readonly mfaIgnored?: boolean
  /** Production: a purge always needs a second factor and a second person, whatever the rows ask. */
  readonly purgeGuarded?: boolean
}

export interface Reason {
  /** Row id, or `built-in`. */
  readonly rule: string
  readonly pattern: string
  readonly says: string
  /** What would change it. */
  readonly change: string
}

export type Missing = "approval" | "verification"

export type Decision =
  | { readonly effect: "permit"; readonly permit: Permit; readonly reasons: readonly Reason[] }
  | {
      readonly effect: "refuse"
      readonly code: Extract<ErrorCode, "forbidden" | "approval_required" | "verification_required">
      readonly missing: readonly Missing[]
      readonly facts: Readonly<Record<string, boolean>>
      readonly reasons: readonly Reason[]
    }

export type Refused = Extract<Decision, { effect: "refuse" }>

interface PermitFacts {
  readonly verb: Verb
  readonly name: SecretName
  readonly policyEpoch: number
  readonly policyIds: readonly string[]
  /** Uses of this secret per person and UTC day; null: no limit. */
  readonly perSecretLimit: number | null
}

/** Evidence that policy agreed, made on one epoch of it. Only `decide` makes one. */
class GivenPermit implements PermitFacts {
  readonly #brand = true
  readonly verb: Verb
  readonly name: SecretName
  readonly policyEpoch: number
  readonly policyIds: readonly string[]
  readonly perSecretLimit: number | null

  constructor(facts: PermitFacts) {
    this.verb = facts.verb
    this.name = facts.name
    this.policyEpoch = facts.policyEpoch
    this.policyIds = facts.policyIds
    this.perSecretLimit = facts.perSecretLimit
  }

  static isGenuine(value: unknown): boolean {
    return typeof value === "object" && value !== null && #brand in value
  }
}

export type Permit = GivenPermit

/** Throws on anything `decide` did not make. */
export function checkPermit(permit: Permit): Permit {
  if (!GivenPermit.isGenuine(permit)) throw new Error("not a permit")
  return permit
}

const MFA_VERBS: ReadonlySet<Verb> = new Set(["read", "reveal", "write", "delete", "rotate", "purge"])
const APPROVAL_VERBS: ReadonlySet<Verb> = new Set(["read", "reveal", "purge"])
const JOB_VERBS: ReadonlySet<Verb> = new Set(["purge", "rotate"])

/**
 * Roles only: what may be known before it is known whether the secret exists. Undefined: go on.
 * `decide` asks the same again, so leaving this out makes nothing less safe, only more talkative.
 */
export function admit(set: PolicySet, question: Question): Refused | undefined {
  return refuseRoles(question, combine(set, question.verb, question.name))
}

/** The whole decision. Pure and total. */
export function decide(set: PolicySet, question: Question): Decision {
  const asked = combine(set, question.verb, question.name)
  const forbidden = refuseRoles(question, asked)
  if (forbidden !== undefined) return forbidden
  const missing = missingOf(question, asked)
  if (missing.length > 0) return refuseMissing(missing, asked)
  const limit = question.principal.kind === "program" ? strictest(asked.perDay, asked.workloadPerDay) : asked.perDay
  const permit = new GivenPermit({
    verb: question.verb,
    name: question.name,
    policyEpoch: set.epoch,
    policyIds: asked.policyIds,
    perSecretLimit: limit,
  })
  return { effect: "permit", permit, reasons: asked.roleRules.map((rule) => allowedBy(rule, asked.roles)) }
}

/** Whether a list may show the name: the same roles, asked for the verb `list`. */
export function mayList(set: PolicySet, principal: Asker, name: SecretName): boolean {
  return admit(set, { verb: "list", name, principal }) === undefined
}

function refuseRoles(question: Question, asked: Requirements): Refused | undefined {
  const { principal, verb } = question
  if (principal.kind === "job") return JOB_VERBS.has(verb) ? undefined : forbidden([jobReason(verb)])
  if (principal.assurance === "half") return forbidden([HALF_SESSION])
  if (asked.roles.some((role) => principal.roles.includes(role))) return undefined
  return forbidden(asked.roleRules.length === 0 ? [NO_RULE] : asked.roleRules.map((rule) => deniedBy(rule, verb)))
}

function forbidden(reasons: readonly Reason[]): Refused {
  return { effect: "refuse", code: "forbidden", missing: [], facts: {}, reasons }
}

function missingOf(question: Question, asked: Requirements): Missing[] {
  const { verb, principal, granted, steppedUp, mfaIgnored } = question
  if (principal.kind === "job") return []
  const guarded = verb === "purge" && question.purgeGuarded === true
  const approval = guarded || (APPROVAL_VERBS.has(verb) && asked.approvalRules.length > 0)
  const mfa = guarded || (MFA_VERBS.has(verb) && asked.mfaRules.length > 0 && mfaIgnored !== true)
  const missing: Missing[] = []
  if (approval && granted !== true) missing.push("approval")
  if (mfa && steppedUp !== true) missing.push("verification")
  return missing
}

function refuseMissing(missing: readonly Missing[], asked: Requirements): Refused {
  const approval = missing.includes("approval")
  const verification = missing.includes("verification")
  return {
    effect: "refuse",
    code: approval ? "approval_required" : "verification_required",
    missing,
    facts: { ...(approval ? { requiresApproval: true } : {}), ...(verification ? { requiresToken: true } : {}) },
    reasons: [
      ...(approval ? orBuiltIn(asked.approvalRules.map(approvalReason), PURGE_NEEDS_APPROVAL) : []),
      ...(verification ? orBuiltIn(asked.mfaRules.map(mfaReason), PURGE_NEEDS_FACTOR) : []),
    ],
  }
}

function strictest(a: number | null, b: number | null): number | null {
  if (a === null) return b
  return b === null ? a : Math.min(a, b)
}

const HALF_SESSION: Reason = {
  rule: "built-in",
  pattern: "**",
  says: "a session that has not finished signing in may do nothing else",
  change: "finish signing in",
}

const NO_RULE: Reason = {
  rule: "built-in",
  pattern: "**",
  says: "no policy names anybody for this secret",
  change: "a policy row that matches the name",
}

const PURGE_NEEDS_APPROVAL: Reason = {
  rule: "built-in",
  pattern: "**",
  says: "a purge needs a second person",
  change: "an approved access request, or a deletion with a recovery window",
}

const PURGE_NEEDS_FACTOR: Reason = {
  rule: "built-in",
  pattern: "**",
  says: "a purge needs a second factor",
  change: "a step-up token in x-verification-token, or a deletion with a recovery window",
}

function orBuiltIn(reasons: readonly Reason[], builtIn: Reason): readonly Reason[] {
  return reasons.length === 0 ? [builtIn] : reasons
}

function jobReason(verb: Verb): Reason {
  return { rule: "built-in", pattern: "**", says: `jobs may not ${verb}`, change: "a person or program must ask" }
}

function about(rule: Rule, says: string, change: string): Reason {
  return { rule: rule.row.id, pattern: rule.row.secretPattern, says, change }
}

function allowedBy(rule: Rule, roles: readonly string[]): Reason {
  return about(rule, `allows ${roles.join(", ")}`, "")
}

function deniedBy(rule: Rule, verb: Verb): Reason {
  return about(rule, `does not allow ${verb} with your roles`, "another role, or a change of this policy")
}

function approvalReason(rule: Rule): Reason {
  return about(rule, `needs ${rule.row.minApprovals} approval(s)`, "an approved access request")
}

function mfaReason(rule: Rule): Reason {
  return about(rule, "needs a second factor", "a step-up token in x-verification-token")
}
