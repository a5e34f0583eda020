import type { Turn } from "../core/turn.ts"
import { defaultPolicies } from "../policy/defaults.ts"
import { type PolicySet, policySet } from "../policy/document.ts"
import { walkChangedRegions } from "../policy/loosens.ts"
import { type Ease, EASES, easier, termsOf } from "../policy/terms.ts"
import { someOf } from "./some.ts"

/** Where the rows ask less than the shipped ones do of who gets a value, by the part that is less. */
export interface Floor {
  readonly weaker: ReadonlyMap<Ease, readonly Weaker[]>
  /** False: there were more regions than are looked at. */
  readonly complete: boolean
}

export interface Weaker {
  /** A name that it holds for; it need not exist. */
  readonly name: string
  readonly policyIds: readonly string[]
}

/** Of the verbs that give a value, what each part of the shipped rows asks is held against what is asked now. */
export async function floorOf(policies: PolicySet, turn: Turn): Promise<Floor> {
  const shipped = policySet(defaultPolicies(0), 0)
  const weaker = new Map<Ease, Weaker[]>(EASES.map((part) => [part, []]))
  const walk = walkChangedRegions(shipped, policies)
  for (let step = walk.next(); ; step = walk.next()) {
    await turn.giveWay()
    if (step.done === true) return { weaker, complete: step.value }
    const name = step.value
    if (name === null) continue
    const parts = new Set(
      (["read", "reveal"] as const).flatMap((verb) =>
        easier(termsOf(shipped, verb, name), termsOf(policies, verb, name)),
      ),
    )
    for (const part of parts)
      weaker.get(part)?.push({ name, policyIds: policies.matching(name).map(({ row }) => row.id) })
  }
}

/** `database/any (rows database, open)`, at most twenty of them. */
export function weakerText(found: readonly Weaker[]): string {
  return someOf(found.map(({ name, policyIds }) => `${name} (rows ${policyIds.join(", ") || "none"})`)).text
}
