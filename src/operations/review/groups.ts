import type { SecretName } from "../../core/name.ts"
import type { Turn } from "../../core/turn.ts"
import { type PolicySet, policySet } from "../../policy/document.ts"
import { walkChangedRegions } from "../../policy/loosens.ts"
import { UNMATCHED } from "../../policy/pattern.ts"
import type { StateReader } from "../../state/reader.ts"

/** Secrets that the very same rows are about: whoever may read one may read all. */
export interface Group {
  /** `**` where no other row matches. */
  readonly patterns: readonly string[]
  /** One of them; where there is none yet, a name that there could be. */
  readonly name: SecretName
  count: number
  /** At most five. */
  readonly examples: SecretName[]
}

export interface Groups {
  readonly all: readonly Group[]
  /** Undefined for a name that was not there. */
  of(name: string): Group | undefined
  readonly secrets: number
  /** There were more secrets, or more combinations of rows, than were looked at. */
  readonly cut: boolean
}

const PAGE = 100
/** Secrets looked at. */
const SECRETS_MAX = 20_000
const EXAMPLES = 5

/** Every secret by its rows, and the combinations of rows that no secret has yet: whoever may read those could in future. */
export async function groupsOf(reader: Pick<StateReader, "catalog">, policies: PolicySet, turn: Turn): Promise<Groups> {
  const byRows = new Map<string, Group>()
  const byName = new Map<string, Group>()
  let [secrets, cut] = [0, false]
  for (let after = ""; !cut; ) {
    const rows = await reader.catalog(after, PAGE)
    for (const { name, deletionAt } of rows) {
      after = name
      await turn.giveWay()
      if (deletionAt !== null) continue
      const group = groupAt(byRows, policies, name)
      byName.set(name, group)
      group.count++
      if (group.examples.length < EXAMPLES) group.examples.push(name)
      secrets++
    }
    cut = secrets >= SECRETS_MAX
    if (rows.length < PAGE) break
  }
  const walk = walkChangedRegions(policySet([], 0), policies)
  for (let step = walk.next(); ; step = walk.next()) {
    await turn.giveWay()
    if (step.done === true)
      return { all: [...byRows.values()], of: (name) => byName.get(name), secrets, cut: cut || !step.value }
    if (step.value !== null) groupAt(byRows, policies, step.value)
  }
}

function groupAt(known: Map<string, Group>, policies: PolicySet, name: SecretName): Group {
  const rules = policies.matching(name)
  const key = rules.map(({ row }) => row.id).join("\n")
  const found = known.get(key)
  if (found !== undefined) return found
  const patterns = rules.map(({ row }) => row.secretPattern)
  const group = { patterns: patterns.length === 0 ? [UNMATCHED] : patterns, name, count: 0, examples: [] }
  known.set(key, group)
  return group
}
