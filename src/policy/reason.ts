import type { ErrorCode } from "../core/errors.ts"
import type { PrincipalKind } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import type { Requirements } from "./combine.ts"
import { type Rule, rolesFor } from "./rule.ts"

/** What a refusal by policy can be called, in the order in which it is answered. */
export type RefusalCode = Extract<
  ErrorCode,
  "forbidden" | "approval_required" | "verification_required" | "quota_exceeded"
>

/** One rule's say in a decision. Holds rule texts, roles and numbers; nothing the caller wrote. */
export interface Reason {
  readonly code: RefusalCode | "allowed"
  /** Row id, or `built-in`. */
  readonly rule: string
  readonly pattern: string
  readonly says: string
  /** What would change it; absent where nothing stands in the way. */
  readonly change?: string
}

/** Roles spelled out before "and N more": keeps a reason below 1,000 characters. */
const SHOWN = 10

function listed(roles: readonly string[]): string {
  if (roles.length === 0) return "nobody"
  const more = roles.length > SHOWN ? ` and ${roles.length - SHOWN} more` : ""
  return roles.slice(0, SHOWN).join(", ") + more
}

function builtIn(says: string, change: string): Reason {
  return { code: "forbidden", rule: "built-in", pattern: "**", says, change }
}

function about({ row }: Rule, code: RefusalCode, says: string, change: string): Reason {
  return { code, rule: row.id, pattern: row.secretPattern, says, change }
}

export const HALF_SESSION = builtIn(
  "a session that has not finished signing in may do nothing else",
  "finish signing in",
)

export const OUT_OF_SCOPE = builtIn(
  "this token is limited to other secrets or verbs",
  "a token whose scope holds this secret and verb",
)

export function jobReason(verb: Verb): Reason {
  return builtIn(`a job may purge and rotate, not ${verb}`, "a person or a program must ask")
}

export function allowedReasons({ roleRules }: Requirements, verb: Verb): readonly Reason[] {
  return roleRules.map(({ row }) => ({
    code: "allowed",
    rule: row.id,
    pattern: row.secretPattern,
    says: `allows ${verb} to ${listed(rolesFor(row, verb) ?? [])}`,
  }))
}

/** The rules that name none of these roles; all of them where each names one and no role is in every list. */
export function roleReasons(asked: Requirements, verb: Verb, roles: readonly string[]): readonly Reason[] {
  if (asked.roleRules.length === 0)
    return [builtIn("no policy names anybody for this secret", "a policy row that matches the name and names roles")]
  const against = asked.roleRules.filter(({ row }) => !rolesFor(row, verb)?.some((role) => roles.includes(role)))
  const change =
    asked.roles.length === 0
      ? "a change of these policy rows: together they leave nobody"
      : `one of the roles ${listed(asked.roles)}`
  return (against.length === 0 ? asked.roleRules : against).map((rule) =>
    about(rule, "forbidden", `allows ${verb} to ${listed(rolesFor(rule.row, verb) ?? [])}`, change),
  )
}

export function workloadReason(rule: Rule): Reason {
  return about(rule, "forbidden", "allows only the programs it names", "a change of this policy row's programs")
}

/** Without a rule that asks, it is the guard on purges that does. */
export function approvalReasons({ approvalRules, minApprovals, approverRoles }: Requirements): readonly Reason[] {
  const says = `needs ${minApprovals === 1 ? "an approval" : `${minApprovals} approvals`}`
  const change = `an access request that is approved by somebody with one of these roles: ${listed(approverRoles)}`
  if (approvalRules.length === 0)
    return [{ ...PURGE, code: "approval_required", says: "a purge needs a second person" }]
  return approvalRules.map((rule) => about(rule, "approval_required", says, change))
}

export function verificationReasons({ mfaRules }: Requirements, kind: PrincipalKind): readonly Reason[] {
  const change =
    kind === "program"
      ? "the program's id in allowedWorkloads of a policy row that asks for a second factor: it has none of its own"
      : "a verification token for this secret, in x-verification-token"
  if (mfaRules.length === 0) return [{ ...PURGE, code: "verification_required", says: "a purge needs a second factor" }]
  return mfaRules.map((rule) => about(rule, "verification_required", "needs a second factor", change))
}

const PURGE = builtIn("", "a second factor and an approval, or a deletion with a recovery window")

export function secretLimitReason(rule: Rule, limit: number): Reason {
  return about(rule, "quota_exceeded", `allows ${limit} unmasked reads a day`, "the next UTC day, or a higher limit")
}

export function personLimitReason(limit: number): Reason {
  const says = `one person may have ${limit} unmasked reads a day over all secrets`
  return { ...builtIn(says, "the next UTC day, or a higher MAX_SECRET_ACCESS_PER_USER"), code: "quota_exceeded" }
}
