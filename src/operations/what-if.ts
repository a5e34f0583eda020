import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { Turn } from "../core/turn.ts"
import type { Decision } from "../policy/decide.ts"
import { type PolicySet, policySet } from "../policy/document.ts"
import { locksAdminsOut } from "../policy/lockout.ts"
import { changedRows, loosensApproval, walkChangedRegions } from "../policy/loosens.ts"
import { type Case, couldUse, patternsAt, type TermsChange, termsChanges, tryCase } from "../policy/what-if.ts"
import type { PolicyRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { requireAuditor } from "./audit.ts"
import { type LookBack, lookBack } from "./look-back.ts"
import { perform } from "./perform.ts"
import { type Kin, type Roster, rosterOf } from "./roster.ts"
import type { Caller, Service } from "./service.ts"

/** Different changes in one answer. */
const CHANGES_MAX = 500
/** Names of people, and of the regions of one change. */
const SHOWN = 20

export interface Some {
  readonly count: number
  /** At most 20. */
  readonly names: readonly string[]
}

export interface AccessChange extends TermsChange {
  /** Of the rows that changed. */
  readonly patterns: readonly string[]
  /** Names that the change holds for; they need not exist. */
  readonly examples: readonly string[]
  /** Those who could not use the verbs and then could, with all that is asked given; and the other way round. */
  readonly gains: Some
  readonly losses: Some
}

export interface PolicyDiff {
  readonly epoch: number
  readonly changes: readonly AccessChange[]
  /** False: there were more changes, regions or people than were looked at. */
  readonly complete: boolean
  /** The change would need a second person. */
  readonly loosensApproval: boolean
  readonly reads: LookBack
}

/**
 * What would change if these rows stood in place of the present ones. For admins and auditors: it tells of others.
 * @throws TylerError `policy_lockout` for rows that could not be installed
 */
export function diffPolicies(on: Service, caller: Caller, rows: readonly PolicyRow[]): Promise<PolicyDiff> {
  const about = { action: "POLICY_DIFF", resourceType: "policy", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      const lockout = locksAdminsOut(rows)
      if (lockout !== undefined)
        throw new TylerError("policy_lockout", { error: lockout.text, policyId: lockout.policyId, verb: lockout.verb })
      const before = view.policies
      const after = policySet(rows, before.epoch + 1)
      const turn = new Turn(on.clock)
      const roster = await rosterOf(on, turn)
      const diff = {
        epoch: before.epoch,
        ...(await accessChanges(on, turn, before, after, roster)),
        loosensApproval: loosensApproval(before, after, on.settings),
        reads: await lookBack(on, turn, before, after),
      }
      const details = `rows=${rows.length} changes=${diff.changes.length} refused=${diff.reads.refused}`
      return { act: actOf(on, caller, view, about, { by: "role", details }), done: () => diff }
    },
  })
}

async function accessChanges(on: Service, turn: Turn, before: PolicySet, after: PolicySet, roster: Roster) {
  const changed = new Set(changedRows(before, after))
  const found = new Map<string, AccessChange & { readonly examples: string[] }>()
  const walk = walkChangedRegions(before, after)
  let complete = !roster.cut
  for (let step = walk.next(); ; step = walk.next()) {
    await turn.giveWay()
    if (step.done === true) {
      complete &&= step.value
      break
    }
    if (step.value === null) continue
    const name = step.value
    for (const change of termsChanges(before, after, name, on.settings)) {
      const patterns = patternsAt(before, after, name, changed)
      const key = JSON.stringify([patterns, change])
      const known = found.get(key)
      if (known !== undefined) {
        if (known.examples.length < SHOWN) known.examples.push(name)
      } else if (found.size < CHANGES_MAX) {
        const gains = await newIn(on, turn, after, before, change, name, roster.kin)
        const losses = await newIn(on, turn, before, after, change, name, roster.kin)
        found.set(key, { ...change, patterns, examples: [name], gains, losses })
      } else complete = false
    }
  }
  return { changes: [...found.values()], complete }
}

/** Those who could use the verbs under one set and could not under the other. One verb speaks for all: their terms are alike. */
async function newIn(
  on: Service,
  turn: Turn,
  under: PolicySet,
  other: PolicySet,
  { verbs: [verb] }: TermsChange,
  name: SecretName,
  kin: readonly Kin[],
): Promise<Some> {
  const could = (set: PolicySet, { asker }: Kin): boolean =>
    verb !== undefined && couldUse(set, asker, verb, name, on.settings)
  const found: Kin[] = []
  for (const one of kin) {
    if (could(under, one) && !could(other, one)) found.push(one)
    await turn.giveWay()
  }
  return {
    count: found.reduce((sum, { count }) => sum + count, 0),
    names: found
      .flatMap(({ names }) => names)
      .toSorted()
      .slice(0, SHOWN),
  }
}

export interface Tried {
  readonly passed: boolean
  readonly decision: Decision
}

/** Declared cases against the present rows, or against others. Nothing of what exists is told: only rows are asked. */
export function testPolicies(
  on: Service,
  caller: Caller,
  cases: readonly Case[],
  rows: readonly PolicyRow[] | null,
): Promise<readonly Tried[]> {
  const about = { action: "POLICY_TEST", resourceType: "policy", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      const set = rows === null ? view.policies : policySet(rows, view.policies.epoch + 1)
      const turn = new Turn(on.clock)
      const tried: Tried[] = []
      for (const one of cases) {
        tried.push(tryCase(set, one, on.settings))
        await turn.giveWay()
      }
      const details = `cases=${tried.length} failed=${tried.filter(({ passed }) => !passed).length}`
      return { act: actOf(on, caller, view, about, { by: "role", details }), done: () => tried }
    },
  })
}
