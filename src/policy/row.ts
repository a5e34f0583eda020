import { isRole } from "../core/principal.ts"
import { isVerb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { GRANT_MINUTES_MAX } from "./combine.ts"
import { PATTERN_LIMIT, parsePattern } from "./pattern.ts"

/** Most roles in one list. */
export const ROLES_MAX = 32
/** Most programs in one row. */
export const WORKLOADS_MAX = 100
/** Highest daily limit that can be asked for; more than that is null, no limit. */
export const PER_DAY_MAX = 1_000_000
/** Most approvals a row may ask for. */
export const APPROVALS_MAX = 10
/** The daily limit of a row that does not state one. */
export const PER_DAY_DEFAULT = 10

/** What a caller may say of a row. */
export type PolicyFields = Omit<PolicyRow, "id" | "createdAt" | "updatedAt">

export interface FieldFault {
  /** The field, or for a verb's list `verbRoles.read`. */
  readonly field: string
  /** What it must be; never holds what was given. */
  readonly rule: string
}

export type PolicyRowResult = { readonly fields: PolicyFields } | { readonly fault: FieldFault }

type Check = (given: unknown) => boolean

const ROLES = `null or at most ${ROLES_MAX} different roles`
const PER_DAY = `null or a whole number from 0 to ${PER_DAY_MAX}`

/** Default, test and rule of every field; `secretPattern` alone has no default. */
const PATTERN_RULE = `a pattern of 1 to ${PATTERN_LIMIT} characters: segments between slashes, each one * or letters, digits and _ + = . @ -`

const FIELDS: Readonly<
  Record<keyof PolicyFields, { readonly absent?: unknown; readonly is: Check; readonly rule: string }>
> = {
  secretPattern: { is: isPattern, rule: PATTERN_RULE },
  allowedRoles: { absent: null, is: nullOr(isRoles), rule: ROLES },
  requiresMfa: { absent: false, is: isFlag, rule: "true or false" },
  requiresApproval: { absent: false, is: isFlag, rule: "true or false" },
  maxAccessPerDay: { absent: PER_DAY_DEFAULT, is: nullOr(whole(0, PER_DAY_MAX)), rule: PER_DAY },
  approverRoles: { absent: null, is: nullOr(isRoles), rule: ROLES },
  minApprovals: { absent: 1, is: whole(1, APPROVALS_MAX), rule: `a whole number from 1 to ${APPROVALS_MAX}` },
  grantMinutes: { absent: 60, is: whole(1, GRANT_MINUTES_MAX), rule: `a whole number from 1 to ${GRANT_MINUTES_MAX}` },
  allowedWorkloads: {
    absent: null,
    is: nullOr(isWorkloads),
    rule: `null or at most ${WORKLOADS_MAX} different program ids`,
  },
  workloadMaxAccessPerDay: { absent: null, is: nullOr(whole(0, PER_DAY_MAX)), rule: PER_DAY },
  verbRoles: { absent: {}, is: isVerbRoles, rule: `verbs, each with at most ${ROLES_MAX} different roles` },
  replacesRoles: { absent: false, is: isFlag, rule: "true or false" },
}

const NAMES = Object.keys(FIELDS) as readonly (keyof PolicyFields)[]

/**
 * Judges what a caller says a row should be. Absent fields take their defaults: no roles named, no second factor, no
 * approval, 10 unmasked reads a day, 1 approval for 60 minutes, any program with a role. Unknown fields are a fault.
 * Bounds: pattern 512 characters, 32 roles a list, 100 programs, 0 to 1,000,000 reads a day, 1 to 10 approvals, 1 to
 * 10,080 minutes.
 */
export function parsePolicyRow(input: unknown): PolicyRowResult {
  if (!isRecord(input)) return { fault: { field: "", rule: "an object" } }
  const unknown = Object.keys(input).find((field) => !Object.hasOwn(FIELDS, field))
  if (unknown !== undefined) return { fault: { field: unknown.slice(0, 64), rule: "left out: there is no such field" } }
  const fields: Record<string, unknown> = {}
  for (const name of NAMES) {
    const { absent, is, rule } = FIELDS[name]
    const given = Object.hasOwn(input, name) ? input[name] : absent
    if (!is(given)) return { fault: { field: name, rule } }
    fields[name] = given
  }
  return { fields: structuredClone(fields) as unknown as PolicyFields }
}

function isRecord(given: unknown): given is Record<string, unknown> {
  return typeof given === "object" && given !== null && !Array.isArray(given)
}

function isFlag(given: unknown): boolean {
  return typeof given === "boolean"
}

function isPattern(given: unknown): boolean {
  return typeof given === "string" && "pattern" in parsePattern(given)
}

function nullOr(check: Check): Check {
  return (given) => given === null || check(given)
}

function whole(least: number, most: number): Check {
  return (given) => Number.isSafeInteger(given) && (given as number) >= least && (given as number) <= most
}

function listOf(most: number, check: (text: string) => boolean): Check {
  return (given) =>
    Array.isArray(given) &&
    given.length <= most &&
    new Set(given).size === given.length &&
    given.every((item) => typeof item === "string" && check(item))
}

function isRoles(given: unknown): boolean {
  return listOf(ROLES_MAX, isRole)(given)
}

const PROGRAM_ID = /^[A-Za-z0-9-]{1,64}$/

function isWorkloads(given: unknown): boolean {
  return listOf(WORKLOADS_MAX, (id) => PROGRAM_ID.test(id))(given)
}

function isVerbRoles(given: unknown): boolean {
  return isRecord(given) && Object.entries(given).every(([verb, roles]) => isVerb(verb) && isRoles(roles))
}
