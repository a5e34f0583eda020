import type { Facts } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { type Assurance, isHalf, type PrincipalKind, type TokenScope } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import { combine, type Requirements } from "./combine.ts"
import type { PolicySet } from "./document.ts"
import * as reason from "./reason.ts"
import { dailyLimit, type Rule } from "./rule.ts"
import { scopeCovers } from "./scope.ts"

export interface Asker {
  readonly id: string
  readonly kind: PrincipalKind
  readonly roles: readonly string[]
  readonly assurance: Assurance
  /** Of the token in use; absent: no limit of its own. */
  readonly scope?: TokenScope
  /** Development only: an admin's access key. */
  readonly unguarded?: true
}

/** Uses so far this UTC day. A look that may be stale: the record transaction counts again. */
export interface QuotaLook {
  readonly secretUsed: number
  readonly personUsed: number
  /** MAX_SECRET_ACCESS_PER_USER; null: no limit. Holds for people only. */
  readonly perPerson: number | null
}

export interface Question {
  /** `read` is the masked answer, `reveal` the unmasked one. */
  readonly verb: Verb
  readonly name: SecretName
  readonly principal: Asker
  /** A live grant for this person, secret and verb, with the approvals it holds. */
  readonly grant?: { readonly approvals: number }
  /** A step-up token for this person, session, secret and verb. */
  readonly stepUp?: boolean
  /** Development only: rows that ask for a second factor are ignored. */
  readonly mfaIgnored?: boolean
  /** Production: a purge always needs a second factor and a second person, whatever the rows ask. */
  readonly purgeGuarded?: boolean
  /** Absent: as if nothing had been used yet. */
  readonly quota?: QuotaLook
}

export type Missing = "approval" | "verification" | "quota"

export interface Refused {
  readonly effect: "refuse"
  /** The first of what is missing, in the order the API promises. */
  readonly code: reason.RefusalCode
  /** Everything that is missing; empty for `forbidden`. */
  readonly missing: readonly Missing[]
  readonly facts: Facts
  readonly reasons: readonly reason.Reason[]
}

export type Decision =
  | { readonly effect: "permit"; readonly permit: Permit; readonly reasons: readonly reason.Reason[] }
  | Refused

interface PermitFacts {
  readonly verb: Verb
  readonly name: SecretName
  readonly policyEpoch: number
  readonly policyIds: readonly string[]
  /** Unmasked reads of this secret that this principal may have per UTC day; null: no limit. */
  readonly perSecretLimit: number | null
  /** Whether this use counts in the quota. */
  readonly counted: boolean
}

const MINT = Symbol("mint")

/** Evidence that policy agreed, made on one epoch of it. Only `decide` makes one. */
class GivenPermit implements PermitFacts {
  readonly #mint: symbol
  readonly verb: Verb
  readonly name: SecretName
  readonly policyEpoch: number
  readonly policyIds: readonly string[]
  readonly perSecretLimit: number | null
  readonly counted: boolean

  constructor(mint: symbol, facts: PermitFacts) {
    this.#mint = mint
    this.verb = facts.verb
    this.name = facts.name
    this.policyEpoch = facts.policyEpoch
    this.policyIds = facts.policyIds
    this.perSecretLimit = facts.perSecretLimit
    this.counted = facts.counted
    Object.freeze(this)
  }

  /** The symbol shuts out `new permit.constructor(...)`, which a brand alone would let through. */
  static isGenuine(value: unknown): boolean {
    return typeof value === "object" && value !== null && #mint in value && value.#mint === MINT
  }
}

export type Permit = GivenPermit

/** Throws on anything `decide` did not make. */
export function checkPermit(permit: Permit): Permit {
  if (!GivenPermit.isGenuine(permit)) throw new Error("not a permit")
  return permit
}

export const MFA_VERBS: ReadonlySet<Verb> = new Set(["read", "reveal", "write", "delete", "rotate", "purge"])
export const APPROVAL_VERBS: ReadonlySet<Verb> = new Set(["read", "reveal", "purge"])
const JOB_VERBS: ReadonlySet<Verb> = new Set(["purge", "rotate"])
export const COUNTED_VERBS: ReadonlySet<Verb> = new Set(["reveal"])

/**
 * The first phase, roles only: what may be answered before it is known whether the secret exists. Undefined: go on.
 * `decide` asks the same again, so leaving this out makes nothing less safe, only more talkative.
 */
export function admit(set: PolicySet, question: Question): Refused | undefined {
  return refuseRoles(question, combine(set, question.verb, question.name))
}

/** The whole decision: roles, approval, second factor, quota. Pure and total. */
export function decide(set: PolicySet, question: Question): Decision {
  const { verb, name, principal } = question
  const asked = combine(set, verb, name)
  const refused = refuseRoles(question, asked) ?? refuseMissing(question, asked)
  if (refused !== undefined) return refused
  const permit = new GivenPermit(MINT, {
    verb,
    name,
    policyEpoch: set.epoch,
    policyIds: asked.policyIds,
    perSecretLimit: principal.kind === "program" ? asked.workloadPerDay : asked.perDay,
    counted: COUNTED_VERBS.has(verb),
  })
  return {
    effect: "permit",
    permit,
    // Explained rarely, decided on every read.
    get reasons() {
      return reason.allowedReasons(asked, verb)
    },
  }
}

/** Whether a list may show the name: the same roles, asked for the verb `list`. */
export function mayList(set: PolicySet, principal: Asker, name: SecretName): boolean {
  return rolesAllow({ verb: "list", name, principal }, combine(set, "list", name))
}

/** Without the reasons: a list asks this of thousands of names. */
function rolesAllow({ principal, verb, name }: Question, asked: Requirements): boolean {
  const { id, kind, roles, assurance, scope } = principal
  if (isHalf(assurance)) return false
  if (scope !== undefined && !scopeCovers(scope, verb, name)) return false
  if (principal.unguarded === true) return true
  if (kind === "job") return JOB_VERBS.has(verb)
  if (!asked.roles.some((role) => roles.includes(role))) return false
  return kind !== "program" || asked.workloadRules.every(({ row }) => row.allowedWorkloads?.includes(id))
}

function refuseRoles(question: Question, asked: Requirements): Refused | undefined {
  return rolesAllow(question, asked) ? undefined : forbidden(whyNot(question, asked))
}

/** Of a refusal by role. */
function whyNot({ principal, verb, name }: Question, asked: Requirements): readonly reason.Reason[] {
  const { id, kind, roles, assurance, scope } = principal
  if (isHalf(assurance)) return [reason.HALF_SESSION]
  if (scope !== undefined && !scopeCovers(scope, verb, name)) return [reason.OUT_OF_SCOPE]
  if (kind === "job") return [reason.jobReason(verb)]
  if (!asked.roles.some((role) => roles.includes(role))) return reason.roleReasons(asked, verb, roles)
  return asked.workloadRules.filter(({ row }) => !row.allowedWorkloads?.includes(id)).map(reason.workloadReason)
}

function forbidden(reasons: readonly reason.Reason[]): Refused {
  return { effect: "refuse", code: "forbidden", missing: [], facts: {}, reasons }
}

interface Lack {
  readonly missing: Missing
  readonly code: reason.RefusalCode
  readonly facts: Facts
  readonly reasons: readonly reason.Reason[]
}

function refuseMissing(question: Question, asked: Requirements): Refused | undefined {
  if (question.principal.kind === "job") return undefined
  const lacks = [approvalLack(question, asked), verificationLack(question, asked), quotaLack(question, asked)].filter(
    (lack) => lack !== undefined,
  )
  const [first] = lacks
  if (first === undefined) return undefined
  return {
    effect: "refuse",
    code: first.code,
    missing: lacks.map(({ missing }) => missing),
    facts: Object.assign({}, ...lacks.map(({ facts }) => facts)) as Facts,
    reasons: lacks.flatMap(({ reasons }) => reasons),
  }
}

export interface Asked {
  readonly approval: boolean
  readonly secondFactor: boolean
}

/** What is asked beside a role: whether it is worth looking for a grant or a step-up token. */
export function asksBeside(set: PolicySet, question: Question): Asked {
  const asked = combine(set, question.verb, question.name)
  return { approval: asksApproval(question, asked), secondFactor: asksFactor(question, asked) }
}

function asksApproval({ verb, principal, purgeGuarded }: Question, { approvalRules }: Requirements): boolean {
  if (principal.unguarded === true) return false
  return (verb === "purge" && purgeGuarded === true) || (APPROVAL_VERBS.has(verb) && approvalRules.length > 0)
}

function asksFactor({ verb, principal, mfaIgnored, purgeGuarded }: Question, { mfaRules }: Requirements): boolean {
  if (principal.unguarded === true) return false
  if (verb === "purge" && purgeGuarded === true) return true
  if (!MFA_VERBS.has(verb) || mfaRules.length === 0 || mfaIgnored === true) return false
  return !isNamedWorkload(principal, mfaRules)
}

function approvalLack(question: Question, asked: Requirements): Lack | undefined {
  const { grant } = question
  if (!asksApproval(question, asked)) return undefined
  if (grant !== undefined && grant.approvals >= asked.minApprovals) return undefined
  const reasons = reason.approvalReasons(asked)
  return { missing: "approval", code: "approval_required", facts: { requiresApproval: true }, reasons }
}

function verificationLack(question: Question, asked: Requirements): Lack | undefined {
  const { principal, stepUp } = question
  if (!asksFactor(question, asked)) return undefined
  if (stepUp === true && principal.kind === "person") return undefined
  const reasons = reason.verificationReasons(asked, principal.kind)
  return { missing: "verification", code: "verification_required", facts: { requiresToken: true }, reasons }
}

/**
 * A program has no second factor: what stands in for one is that somebody who may change a row with that demand named
 * the program in it. A row that names none admits none.
 */
function isNamedWorkload({ kind, id }: Asker, mfaRules: readonly Rule[]): boolean {
  return kind === "program" && mfaRules.some(({ row }) => row.allowedWorkloads?.includes(id))
}

function quotaLack({ verb, principal, quota }: Question, asked: Requirements): Lack | undefined {
  if (!COUNTED_VERBS.has(verb)) return undefined
  const limit = principal.kind === "program" ? asked.workloadPerDay : asked.perDay
  if (limit !== null && (quota?.secretUsed ?? 0) >= limit) {
    const strictest = asked.rules.filter(({ row }) => dailyLimit(row, principal.kind) === limit)
    const reasons = strictest.map((rule) => reason.secretLimitReason(rule, limit))
    return { missing: "quota", code: "quota_exceeded", facts: { scope: "secret", limit }, reasons }
  }
  const perPerson = principal.kind === "person" ? (quota?.perPerson ?? null) : null
  if (quota === undefined || perPerson === null || quota.personUsed < perPerson) return undefined
  const reasons = [reason.personLimitReason(perPerson)]
  return { missing: "quota", code: "quota_exceeded", facts: { scope: "person", limit: perPerson }, reasons }
}
