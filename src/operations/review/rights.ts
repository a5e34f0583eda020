import type { Turn } from "../../core/turn.ts"
import { combine } from "../../policy/combine.ts"
import type { PolicySet } from "../../policy/document.ts"
import { termsOf } from "../../policy/terms.ts"
import { couldUse } from "../../policy/what-if.ts"
import type { PrincipalRow } from "../../state/rows.ts"
import { askerOf } from "../roster.ts"
import type { Service } from "../service.ts"
import type { Group, Groups } from "./groups.ts"

const VERBS = ["read", "reveal"] as const

/** What somebody may read, and by which rows and roles. */
export interface Right {
  readonly group: Group
  readonly policyIds: readonly string[]
  /** Of the roles that let, those that the person or program has. */
  readonly roles: readonly string[]
  readonly verbs: readonly ("read" | "reveal")[]
  /** Asked besides. */
  readonly secondFactor: boolean
  readonly approval: boolean
  /** Wall time in ms of the newest read within the days looked at; null: none. */
  readonly lastUse: number | null
  readonly uses: number
}

/** Reads of one group by one person or program. */
export interface Use {
  last: number
  count: number
}

export type Uses = ReadonlyMap<string, ReadonlyMap<Group, Use>>

/** Those with which at least one verb could be used, everything that is asked besides given. */
export async function rightsOf(
  on: Pick<Service, "settings">,
  policies: PolicySet,
  row: PrincipalRow,
  groups: Groups,
  uses: Uses,
  turn: Turn,
): Promise<readonly Right[]> {
  const asker = askerOf(row)
  const rights: Right[] = []
  for (const group of groups.all) {
    await turn.giveWay()
    const verbs = VERBS.filter((verb) => couldUse(policies, asker, verb, group.name, on.settings))
    const [verb] = verbs
    if (verb === undefined) continue
    const asked = combine(policies, verb, group.name)
    const { secondFactor, approval } = termsOf(policies, "reveal", group.name, on.settings)
    const use = uses.get(row.id)?.get(group)
    rights.push({
      group,
      policyIds: asked.policyIds,
      roles: asked.roles.filter((role) => row.roles.includes(role)),
      verbs,
      secondFactor,
      approval: approval !== null,
      lastUse: use?.last ?? null,
      uses: use?.count ?? 0,
    })
  }
  return rights
}
