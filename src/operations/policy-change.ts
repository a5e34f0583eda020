import { spellFacts } from "../audit/approval-details.ts"
import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { UNMATCHED } from "../policy/pattern.ts"
import type { PolicyFields } from "../policy/row.ts"
import type { AccessRequestRow, PolicyRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import type { About } from "./entry.ts"
import { looseningFacts, proposeChange, takesSecondPerson } from "./governed-change.ts"
import { perform, type Step, type View } from "./perform.ts"
import { putPolicies } from "./policies.ts"
import { rolesHeld, rolesNamed } from "./roles.ts"
import type { Caller, Service } from "./service.ts"

/** Done, or waiting for a second person. */
export type Made<T> = { readonly made: T } | { readonly pending: AccessRequestRow }

export interface PolicyWrite {
  /** Null: a new row. */
  readonly id: string | null
  readonly fields: PolicyFields
  readonly reason: Reason
}

/** Adds or replaces a row. The whole set moves to its next epoch, so the change holds at once on every replica. */
export function writePolicy(on: Service, caller: Caller, ask: PolicyWrite): Promise<Made<PolicyRow>> {
  const id = ask.id ?? on.random.uuid()
  const action = ask.id === null ? "POLICY_CREATE" : "POLICY_CHANGE"
  const about = { action, resourceType: "policy", resourceName: id, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const old = view.policies.rows.find((row) => row.id === id)
      if (ask.id !== null && old === undefined) throw new TylerError("not_found", { error: "No such policy" })
      const { secretPattern } = ask.fields
      if (old?.secretPattern === UNMATCHED && secretPattern !== UNMATCHED) throw keepUnmatched()
      if (view.policies.rows.some((row) => row.id !== id && sameMatch(row.secretPattern, secretPattern)))
        throw new TylerError("policy_exists")
      const now = on.clock.now()
      const row: PolicyRow = { ...ask.fields, id, createdAt: old?.createdAt ?? now, updatedAt: now }
      const details = `${rowText("old", old)} ${rowText("new", row)}`
      return changeStep(on, caller, view, about, { put: [row], removed: [] }, details, row)
    },
  })
}

export function deletePolicy(on: Service, caller: Caller, id: string, reason: Reason): Promise<Made<undefined>> {
  const about = { action: "POLICY_DELETE", resourceType: "policy", resourceName: id, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const old = view.policies.rows.find((row) => row.id === id)
      if (old === undefined) throw new TylerError("not_found", { error: "No such policy" })
      if (old.secretPattern === UNMATCHED) throw keepUnmatched()
      return changeStep(on, caller, view, about, { put: [], removed: [id] }, rowText("old", old), undefined)
    },
  })
}

/** Patterns match on folded names, so two spellings of one pattern are one pattern. */
function sameMatch(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function keepUnmatched(): TylerError {
  return new TylerError("policy_lockout", { error: "The row unmatched cannot be removed or renamed; change its roles" })
}

/** Made at once, or asked for where it takes a second person. */
async function changeStep<T>(
  on: Service,
  caller: Caller,
  view: View,
  about: About,
  change: { readonly put: readonly PolicyRow[]; readonly removed: readonly string[] },
  details: string,
  done: T,
): Promise<Step<Made<T>>> {
  const { put, removed } = change
  const held = await rolesHeld(on, rolesNamed(put))
  const made = putPolicies(on, view.policies, put, removed)
  const governed = { type: "policies" as const, put, removed, epoch: view.policies.epoch }
  if (await takesSecondPerson(on, view, governed))
    return proposeChange(on, caller, view, about, governed, (pending) => ({ pending }))
  const loosening = spellFacts(looseningFacts(view.policies, governed))
  const said = loosening === "" ? details : `${details} ${loosening}`
  return {
    act: actOf(on, caller, view, about, { by: "role admin", details: said, changes: [...held, made] }),
    done: () => ({ made: done }),
  }
}

/** A row as the entry holds it: every field, so that an auditor sees old and new. */
function rowText(label: string, row: PolicyRow | undefined): string {
  if (row === undefined) return `${label}=none`
  const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, ...fields } = row
  return `${label}=${JSON.stringify(fields)}`
}
