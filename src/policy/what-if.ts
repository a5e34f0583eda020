import type { SecretName } from "../core/name.ts"
import { VERBS, type Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { type Asker, type Decision, decide, type Question, type Refused } from "./decide.ts"
import type { PolicySet } from "./document.ts"
import { UNMATCHED } from "./pattern.ts"
import { APPROVALS_MAX } from "./row.ts"
import { type Ease, easier, type Terms, termsOf } from "./terms.ts"

/** What of a server's settings a decision depends on. */
export type Settings = Pick<Question, "mfaIgnored" | "purgeGuarded">

/** Whether somebody could use the verb, once they give all that is asked besides: approvals and a second factor. */
export function couldUse(set: PolicySet, asker: Asker, verb: Verb, name: SecretName, settings: Settings): boolean {
  const given = { stepUp: true, grant: { approvals: APPROVALS_MAX } }
  return decide(set, { verb, name, principal: asker, ...given, ...settings }).effect === "permit"
}

/** Verbs whose terms change alike on one name. */
export interface TermsChange {
  readonly verbs: readonly Verb[]
  readonly before: Terms
  readonly after: Terms
  /** The parts that ask less than before, and those that ask more; one part can be both (other roles). */
  readonly looser: readonly Ease[]
  readonly stricter: readonly Ease[]
}

/** What changes on one name; verbs that change in the same way stand together. */
export function termsChanges(
  before: PolicySet,
  after: PolicySet,
  name: SecretName,
  settings: Settings,
): readonly TermsChange[] {
  const changes = VERBS.map((verb) => changeOf(verb, before, after, name, settings)).filter(
    ({ looser, stricter }) => looser.length + stricter.length > 0,
  )
  const alike = Map.groupBy(changes, ({ verbs: _verbs, ...change }) => JSON.stringify(change))
  return [...alike.values()].map((same) => ({
    ...(same[0] as TermsChange),
    verbs: same.flatMap(({ verbs }) => verbs),
  }))
}

function changeOf(verb: Verb, old: PolicySet, next: PolicySet, name: SecretName, settings: Settings): TermsChange {
  const before = termsOf(old, verb, name, settings)
  const after = termsOf(next, verb, name, settings)
  return { verbs: [verb], before, after, looser: easier(before, after), stricter: easier(after, before) }
}

/** Patterns of the changed rows that a name matches; `**` only where no other of them does. */
export function patternsAt(
  before: PolicySet,
  after: PolicySet,
  name: SecretName,
  changed: ReadonlySet<PolicyRow>,
): readonly string[] {
  const matching = [...before.matching(name), ...after.matching(name)].map(({ row }) => row)
  const patterns = matching.filter((row) => changed.has(row)).map(({ secretPattern }) => secretPattern)
  return patterns.length === 0 ? [UNMATCHED] : [...new Set(patterns)]
}

/** A read that was answered. */
export interface PastRead {
  readonly verb: "read" | "reveal"
  readonly name: SecretName
  /** With the roles of that time. */
  readonly principal: Asker
  /** Which unmasked read of the day it was, from 1; null: it did not count. */
  readonly nth: number | null
}

/**
 * Why the new set would have refused a read that the old one permits; undefined: it would not. Whoever read is taken to
 * have given what the old set asks, a second factor and so many approvals, and no more. A read that the old set would
 * refuse as well (roles or rows have changed since) is no loss.
 */
export function lossOf(before: PolicySet, after: PolicySet, read: PastRead, settings: Settings): Refused | undefined {
  const { verb, name, principal, nth } = read
  const { secondFactor, approval } = termsOf(before, verb, name, settings)
  const question: Question = {
    verb,
    name,
    principal,
    stepUp: secondFactor,
    ...(approval === null ? {} : { grant: { approvals: approval.least } }),
    quota: { secretUsed: Math.max(0, (nth ?? 1) - 1), personUsed: 0, perPerson: null },
    ...settings,
  }
  if (decide(before, question).effect === "refuse") return undefined
  const decision = decide(after, question)
  return decision.effect === "refuse" ? decision : undefined
}

/** A declared case: who asks for what, and what must come of it. */
export interface Case {
  readonly verb: Verb
  readonly name: SecretName
  readonly principal: Asker
  /** A second factor is given. */
  readonly verified: boolean
  /** Approvals that are given. */
  readonly approvals: number
  /** Unmasked reads of this secret before, the same day. */
  readonly usedToday: number
  readonly expect: "permit" | "refuse"
  /** The refusal's code; undefined: any. */
  readonly code: string | undefined
  /** All that is missing, in any order; undefined: anything. */
  readonly missing: readonly string[] | undefined
}

export function tryCase(set: PolicySet, one: Case, settings: Settings): { passed: boolean; decision: Decision } {
  const { verb, name, principal, approvals, verified, usedToday } = one
  const decision = decide(set, {
    verb,
    name,
    principal,
    stepUp: verified,
    ...(approvals === 0 ? {} : { grant: { approvals } }),
    quota: { secretUsed: usedToday, personUsed: 0, perPerson: null },
    ...settings,
  })
  return { passed: asExpected(one, decision), decision }
}

function asExpected({ expect, code, missing }: Case, decision: Decision): boolean {
  if (decision.effect !== expect) return false
  if (decision.effect === "permit") return code === undefined && missing === undefined
  return (
    (code === undefined || code === decision.code) &&
    (missing === undefined || missing.toSorted().join() === decision.missing.toSorted().join())
  )
}
