import { foldName, type SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { combine, type Requirements } from "./combine.ts"
import { matchesSegments, UNMATCHED } from "./pattern.ts"
import { bySpecificity, compileRule, type Rule } from "./rule.ts"

export { policyMacBytes } from "./canonical.ts"
export { parsePolicyRow } from "./row.ts"

/** All rows of one epoch, parsed and indexed. Immutable; what it remembers never changes an answer. */
export interface PolicySet {
  readonly epoch: number
  readonly rows: readonly PolicyRow[]
  /** What the rows together ask of one verb on one name. */
  requirements(verb: Verb, name: SecretName): Requirements
  /** First segments that rows name literally, folded: what counts as a category. */
  readonly categories: ReadonlySet<string>
}

/**
 * Names whose rules are remembered. Callers choose the names, so the table is bounded: at 512 bytes a name about 10 MB.
 */
const REMEMBERED = 20_000

/** The rules that match a name, and what they come to for each verb asked so far. Names with the same rules share it. */
interface Match {
  readonly rules: readonly Rule[]
  readonly byVerb: Map<Verb, Requirements>
}

/** @throws TylerError `internal` if a row's pattern does not parse. */
export function policySet(rows: readonly PolicyRow[], epoch: number): PolicySet {
  const rules = rows.map(compileRule).toSorted(bySpecificity)
  const unmatched = rules.filter(({ row }) => row.secretPattern === UNMATCHED)
  const index = indexByFirstSegment(rules.filter(({ row }) => row.secretPattern !== UNMATCHED))
  const byName = new Map<SecretName, Match>()
  const byRules = new Map<string, Match>()

  function find(name: SecretName): Match {
    const segments = foldName(name).split("/")
    const found = index.candidates(segments[0] ?? "").filter(({ pattern }) => matchesSegments(pattern, segments))
    const key = found.map(({ row }) => row.id).join("\n")
    const match = byRules.get(key) ?? { rules: found, byVerb: new Map() }
    if (byName.size >= REMEMBERED) {
      byName.clear()
      byRules.clear()
    }
    byRules.set(key, match)
    byName.set(name, match)
    return match
  }

  return {
    epoch,
    rows,
    categories: index.categories,
    requirements(verb, name) {
      const match = byName.get(name) ?? find(name)
      const known = match.byVerb.get(verb)
      if (known !== undefined) return known
      const asked = combine(match.rules, unmatched, verb)
      match.byVerb.set(verb, asked)
      return asked
    },
  }
}

interface Index {
  readonly categories: ReadonlySet<string>
  /** Every rule that could match a name with this first segment, the most specific first. */
  candidates(first: string): readonly Rule[]
}

function indexByFirstSegment(rules: readonly Rule[]): Index {
  const byFirst = Map.groupBy(rules, ({ pattern }) => pattern.segments[0] ?? null)
  const anywhere = byFirst.get(null) ?? []
  const buckets = new Map<string, readonly Rule[]>()
  const categories = new Set<string>()
  for (const [first, own] of byFirst) {
    if (first === null) continue
    buckets.set(first, [...own, ...anywhere].toSorted(bySpecificity))
    if (own.some(({ pattern }) => pattern.segments.length > 1)) categories.add(first)
  }
  return { categories, candidates: (first) => buckets.get(first) ?? anywhere }
}

/** @param category the first segment of a name, in any case. */
export function isKnownCategory(set: PolicySet, category: string): boolean {
  return set.categories.has(foldName(category))
}
