import { TylerError } from "../core/errors.ts"
import { ADMIN, AUDITOR, type PrincipalKind } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { type Pattern, parsePattern, specificity } from "./pattern.ts"

/** A row ready to be matched. */
export interface Rule {
  readonly row: PolicyRow
  readonly pattern: Pattern
}

/** Rows are parsed before they are stored, so a bad pattern here is a fault of ours: nothing is served on a guess. */
export function compileRule(row: PolicyRow): Rule {
  const parsed = parsePattern(row.secretPattern)
  if ("fault" in parsed) throw new TylerError("internal", {}, `policy ${row.id} has a pattern that does not parse`)
  return { row, pattern: parsed.pattern }
}

/** The most specific first; equal ones by id, so that answers do not depend on the order of rows. */
export function bySpecificity(a: Rule, b: Rule): number {
  const difference = specificity(b.pattern) - specificity(a.pattern)
  if (difference !== 0) return difference
  if (a.row.id === b.row.id) return 0
  return a.row.id < b.row.id ? -1 : 1
}

/** The verbs that administer a secret; by default for the role `admin` alone. */
export const ADMIN_VERBS = ["create", "delete", "restore", "rotate", "purge"] as const satisfies readonly Verb[]

/** A verb that stands nowhere here is nobody's. */
const DEFAULTS: ReadonlyMap<string, readonly string[] | "allowed"> = new Map<Verb, readonly string[] | "allowed">([
  ["list", "allowed"],
  ["read", "allowed"],
  ["reveal", "allowed"],
  ["write", "allowed"],
  ["audit", [ADMIN, AUDITOR]],
  ...ADMIN_VERBS.map((verb) => [verb, [ADMIN]] as const),
])

/** Who may use a verb by this row; null: the row does not say. */
export function rolesFor({ verbRoles, allowedRoles }: PolicyRow, verb: Verb): readonly string[] | null {
  const own = Object.hasOwn(verbRoles, verb) ? verbRoles[verb] : undefined
  if (own !== undefined) return own
  if (allowedRoles === null) return null
  const roles = DEFAULTS.get(verb) ?? []
  return roles === "allowed" ? allowedRoles : roles
}

/**
 * Unmasked reads a day by this row; null: no limit. A row's limit for programs stands in place of its limit for people;
 * without one they share it.
 */
export function dailyLimit(
  { workloadMaxAccessPerDay, maxAccessPerDay }: PolicyRow,
  kind: PrincipalKind,
): number | null {
  return kind === "program" ? (workloadMaxAccessPerDay ?? maxAccessPerDay) : maxAccessPerDay
}
