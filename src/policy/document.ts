import { lengthPrefixed } from "../core/bytes.ts"
import { foldName, type SecretName } from "../core/name.ts"
import { ADMIN, AUDITOR } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { matches, type Pattern, parsePattern, UNMATCHED } from "./pattern.ts"

/** A row ready to be matched. */
export interface Rule {
  readonly row: PolicyRow
  readonly pattern: Pattern
}

/** All rows of one epoch, parsed and indexed. Immutable. */
export interface PolicySet {
  readonly epoch: number
  readonly rows: readonly PolicyRow[]
  readonly unmatched: Rule | undefined
  /** Rules that match the name, most specific first; `unmatched` is not among them. */
  matching(name: SecretName): readonly Rule[]
  /** First segments that rows name literally: what counts as a category. */
  readonly categories: ReadonlySet<string>
}

/** Names whose matching rules are remembered; a decision then costs one look-up. */
const REMEMBERED = 20_000

export function policySet(rows: readonly PolicyRow[], epoch: number): PolicySet {
  const rules = rows.map(compile)
  const named = rules.filter(({ row }) => row.secretPattern !== UNMATCHED)
  const byFirst = indexByFirstSegment(named)
  const remembered = new Map<SecretName, readonly Rule[]>()

  function find(name: SecretName): readonly Rule[] {
    const segments = foldName(name).split("/")
    const candidates = [...(byFirst.get(segments[0] ?? "") ?? []), ...(byFirst.get("*") ?? [])]
    return candidates
      .filter(({ pattern }) => matches(pattern, segments))
      .toSorted((a, b) => b.pattern.specificity - a.pattern.specificity || compareIds(a, b))
  }

  return {
    epoch,
    rows,
    unmatched: rules.find(({ row }) => row.secretPattern === UNMATCHED),
    categories: new Set([...byFirst.keys()].filter((first) => first !== "*")),
    matching(name) {
      const known = remembered.get(name)
      if (known !== undefined) return known
      const found = find(name)
      if (remembered.size >= REMEMBERED) remembered.clear()
      remembered.set(name, found)
      return found
    },
  }
}

function compile(row: PolicyRow): Rule {
  const parsed = parsePattern(row.secretPattern)
  if ("fault" in parsed) throw new Error(`stored policy ${row.id} has a bad pattern`)
  return { row, pattern: parsed.pattern }
}

function compareIds(a: Rule, b: Rule): number {
  return a.row.id < b.row.id ? -1 : 1
}

function indexByFirstSegment(rules: readonly Rule[]): Map<string, Rule[]> {
  const index = new Map<string, Rule[]>()
  for (const rule of rules) {
    const first = rule.pattern.segments[0] ?? "*"
    const bucket = index.get(first)
    if (bucket) bucket.push(rule)
    else index.set(first, [rule])
  }
  return index
}

export function isKnownCategory(set: PolicySet, category: string): boolean {
  return set.categories.has(foldName(category))
}

const ADMIN_VERBS: ReadonlySet<Verb> = new Set(["create", "delete", "restore", "rotate", "purge"])

/** Who may use a verb by this row; null: the row does not say. */
export function rolesFor(row: PolicyRow, verb: Verb): readonly string[] | null {
  const own = row.verbRoles[verb]
  if (own !== undefined) return own
  if (row.allowedRoles === null) return null
  if (ADMIN_VERBS.has(verb)) return [ADMIN]
  if (verb === "audit") return [ADMIN, AUDITOR]
  return row.allowedRoles
}

const VERSION = "tyler-policies/1"

/** Canonical bytes of the whole set and its epoch, for its authentication code. Rows in order of id. */
export function policyMacBytes(rows: readonly PolicyRow[], epoch: number): Buffer {
  const ordered = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return lengthPrefixed([VERSION, String(epoch), ...ordered.map(rowBytes)])
}

function rowBytes(row: PolicyRow): Buffer {
  const verbs = Object.keys(row.verbRoles).toSorted()
  return lengthPrefixed([
    row.id,
    row.secretPattern,
    listBytes(row.allowedRoles),
    String(row.requiresMfa),
    String(row.requiresApproval),
    maybe(row.maxAccessPerDay),
    listBytes(row.approverRoles),
    String(row.minApprovals),
    String(row.grantMinutes),
    listBytes(row.allowedWorkloads),
    maybe(row.workloadMaxAccessPerDay),
    lengthPrefixed(verbs.flatMap((verb) => [verb, listBytes(row.verbRoles[verb] ?? null)])),
    String(row.replacesRoles),
    String(row.createdAt),
    String(row.updatedAt),
  ])
}

const listBytes = (list: readonly string[] | null): Buffer | null => (list === null ? null : lengthPrefixed(list))
const maybe = (value: number | null): string | null => (value === null ? null : String(value))
