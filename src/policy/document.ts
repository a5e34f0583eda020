import { foldName, type SecretName } from "../core/name.ts"
import type { PolicyRow } from "../state/rows.ts"
import { matches, UNMATCHED } from "./pattern.ts"
import { bySpecificity, compileRule, type Rule } from "./rule.ts"

export { policyMacBytes } from "./canonical.ts"

/** All rows of one epoch, parsed and indexed. Immutable; what it remembers never changes an answer. */
export interface PolicySet {
  readonly epoch: number
  readonly rows: readonly PolicyRow[]
  /** The rows of the reserved pattern `**`. */
  readonly unmatched: readonly Rule[]
  /**
   * Rules that match the name, the most specific first; those of `**` are not among them. Names with the same rules
   * mostly share one array.
   */
  matching(name: SecretName): readonly Rule[]
  /** First segments that rows name literally, folded: what counts as a category. */
  readonly categories: ReadonlySet<string>
}

/**
 * Names whose rules are remembered, and lists of rules kept to be shared. Callers choose the names, so the table is bounded: at 512 bytes a name about 10 MB.
 */
const REMEMBERED = 20_000

/** @throws TylerError `internal` if a row's pattern does not parse. */
export function policySet(rows: readonly PolicyRow[], epoch: number): PolicySet {
  const rules = rows.map(compileRule).toSorted(bySpecificity)
  const unmatched = rules.filter(({ row }) => row.secretPattern === UNMATCHED)
  const index = indexByFirstSegment(rules.filter(({ row }) => row.secretPattern !== UNMATCHED))
  const byName = new Map<SecretName, readonly Rule[]>()
  const shared = new Map<string, readonly Rule[]>()

  function find(name: SecretName): readonly Rule[] {
    const segments = foldName(name).split("/")
    const found = index.candidates(segments[0] ?? "").filter(({ pattern }) => matches(pattern, segments))
    return share(shared, found.map(({ row }) => row.id).join("\n"), found)
  }

  return {
    epoch,
    rows,
    unmatched,
    categories: index.categories,
    matching: (name) => byName.get(name) ?? share(byName, name, find(name)),
  }
}

/** What the table has under the key, else `rules`, which it then has. */
function share<K>(table: Map<K, readonly Rule[]>, key: K, rules: readonly Rule[]): readonly Rule[] {
  const known = table.get(key)
  if (known !== undefined) return known
  if (table.size >= REMEMBERED) table.clear()
  table.set(key, rules)
  return rules
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
