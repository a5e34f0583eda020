import type { SecretName } from "../core/name.ts"
import { VERBS } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { combine } from "./combine.ts"
import { APPROVAL_VERBS } from "./decide.ts"
import type { PolicySet } from "./document.ts"
import { type Pattern, UNMATCHED } from "./pattern.ts"
import { type Regions, regionsOf, walkRegions } from "./regions.ts"
import { compileRule } from "./rule.ts"
import { easier, type Guard, termsOf } from "./terms.ts"

/** States that a search for regions walks through; 1,000 rows of the usual kind come to some 3,000. */
const STATES_MAX = 10_000

/**
 * Whether the new set asks less than the old one, in any part, of any verb on any name where the old one asks for an
 * approval; with `purgeGuarded`, of a purge on any name too. Such a change needs a second person. Any verb, not just
 * those that need the approval: who may write, delete or restore a guarded secret is part of its guard.
 * Where there are too many regions to look at all of them the answer is true: one approval too many does no harm.
 */
export function loosensApproval(before: PolicySet, after: PolicySet, guard: Guard = {}): boolean {
  const regions = changedRegions(before, after, guard.purgeGuarded === true ? "any" : "guarded")
  if (!regions.complete) return true
  return regions.names.some((name) => loosensAt(before, after, name, guard))
}

/** Whether the new set asks less of anybody than the old one, in any part, of any verb on any name; true as above. */
export function loosens(before: PolicySet, after: PolicySet): boolean {
  const regions = changedRegions(before, after, "any")
  if (!regions.complete) return true
  return regions.names.some((name) =>
    VERBS.some((verb) => easier(termsOf(before, verb, name), termsOf(after, verb, name)).length > 0),
  )
}

function loosensAt(before: PolicySet, after: PolicySet, name: SecretName, guard: Guard): boolean {
  const guarded = asksApproval(before, name)
  return VERBS.some(
    (verb) =>
      (guarded || (verb === "purge" && guard.purgeGuarded === true)) &&
      easier(termsOf(before, verb, name, guard), termsOf(after, verb, name, guard)).length > 0,
  )
}

function asksApproval(set: PolicySet, name: SecretName): boolean {
  return [...APPROVAL_VERBS].some((verb) => combine(set, verb, name).approvalRules.length > 0)
}

/**
 * Roles that count where an approval is asked: who has one of them may pass with an approval, or give one. Granting
 * such a role needs a second person. Where there are too many regions: every role that any row names.
 */
export function guardedRoles(set: PolicySet, guard: Guard = {}): ReadonlySet<string> {
  const { patterns, flags, everywhere } = patternsOf([set.rows], ({ requiresApproval }) => requiresApproval)
  const all = everywhere || guard.purgeGuarded === true
  const regions = regionsOf(patterns, (alive) => all || alive.some((at) => flags[at]), STATES_MAX)
  if (!regions.complete) return new Set(set.rows.flatMap(rolesNamed))
  const terms = regions.names.flatMap((name) => [...APPROVAL_VERBS].map((verb) => termsOf(set, verb, name, guard)))
  return new Set(terms.flatMap(({ roles, approval }) => (approval === null ? [] : [...roles, ...approval.approvers])))
}

/** `admin` has by default what only `verbRoles` can take away. */
function rolesNamed({ allowedRoles, approverRoles, verbRoles }: PolicyRow): readonly string[] {
  return ["admin", ...(allowedRoles ?? []), ...(approverRoles ?? []), ...Object.values(verbRoles).flat()]
}

function changedRegions(before: PolicySet, after: PolicySet, of: "any" | "guarded"): Regions {
  const { patterns, worth } = changedSearch(before, after, of)
  return regionsOf(patterns, worth, STATES_MAX)
}

/** The same for every region in which the two sets can differ, step by step: a name or null, and at the end whether all. */
export function walkChangedRegions(before: PolicySet, after: PolicySet): Generator<SecretName | null, boolean, void> {
  const { patterns, worth } = changedSearch(before, after, "any")
  return walkRegions(patterns, worth, STATES_MAX)
}

/** Rows that are not word for word in both sets. */
export function changedRows(before: PolicySet, after: PolicySet): readonly PolicyRow[] {
  const [earlier, later] = [before, after].map(({ rows }) => new Set(rows.map(textOf)))
  return [
    ...before.rows.filter((row) => !later?.has(textOf(row))),
    ...after.rows.filter((row) => !earlier?.has(textOf(row))),
  ]
}

/**
 * Regions in which the two sets can differ: those that match a row which is not word for word in both.
 * @param of `guarded`: only those that match a row of the old set which asks for approval.
 */
function changedSearch(before: PolicySet, after: PolicySet, of: "any" | "guarded") {
  const changed = new Set(changedRows(before, after))
  const { patterns, flags, everywhere } = patternsOf([before.rows, after.rows], (row) => changed.has(row))
  const asking = new Set(before.rows.filter(({ requiresApproval }) => requiresApproval).map(keyOf))
  const guards = patterns.map((pattern) => asking.has(pattern.text.toLowerCase()))
  const narrowed = of === "guarded" && !asking.has(UNMATCHED)
  const worth = (alive: readonly number[]): boolean =>
    (everywhere || alive.some((at) => flags[at])) && (!narrowed || alive.some((at) => guards[at]))
  return { patterns, worth }
}

interface Patterns {
  /** Each once; not among them is `**`, which tells no names apart. */
  readonly patterns: readonly Pattern[]
  /** Whether a row with that pattern was picked. */
  readonly flags: readonly boolean[]
  /** Whether a row `**` was. */
  readonly everywhere: boolean
}

function patternsOf(sets: readonly (readonly PolicyRow[])[], picked: (row: PolicyRow) => boolean): Patterns {
  const byText = Map.groupBy(sets.flat(), keyOf)
  const everywhere = (byText.get(UNMATCHED) ?? []).some(picked)
  byText.delete(UNMATCHED)
  const groups = [...byText.values()]
  return {
    patterns: groups.map(([row]) => compileRule(row as PolicyRow).pattern),
    flags: groups.map((rows) => rows.some(picked)),
    everywhere,
  }
}

function keyOf({ secretPattern }: PolicyRow): string {
  return secretPattern.toLowerCase()
}

/** A row is asked for its text several times; rows never change. */
const texts = new WeakMap<PolicyRow, string>()

/** Everything that a decision depends on. Two spellings of one row count as two: that only costs a look. */
function textOf(row: PolicyRow): string {
  const known = texts.get(row)
  if (known !== undefined) return known
  const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, ...fields } = row
  const text = JSON.stringify(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  texts.set(row, text)
  return text
}
