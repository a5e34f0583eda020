import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { locksAdminsOut } from "../policy/lockout.ts"
import { UNMATCHED } from "../policy/pattern.ts"
import type { PolicyFields } from "../policy/row.ts"
import type { PolicyRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform, type View } from "./perform.ts"
import { macOfPolicies } from "./policies.ts"
import type { Caller, Service } from "./service.ts"

export interface PolicyWrite {
  /** Null: a new row. */
  readonly id: string | null
  readonly fields: PolicyFields
  readonly reason: Reason
}

/** Adds or replaces a row. The whole set moves to its next epoch, so the change holds at once on every replica. */
export function writePolicy(on: Service, caller: Caller, ask: PolicyWrite): Promise<PolicyRow> {
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
      const act = changeOf(on, caller, view, about, [row], [], `${rowText("old", old)} ${rowText("new", row)}`)
      return { act, done: () => row }
    },
  })
}

export function deletePolicy(on: Service, caller: Caller, id: string, reason: Reason): Promise<void> {
  const about = { action: "POLICY_DELETE", resourceType: "policy", resourceName: id, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const old = view.policies.rows.find((row) => row.id === id)
      if (old === undefined) throw new TylerError("not_found", { error: "No such policy" })
      if (old.secretPattern === UNMATCHED) throw keepUnmatched()
      return { act: changeOf(on, caller, view, about, [], [id], rowText("old", old)), done: () => undefined }
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

function changeOf(
  on: Service,
  caller: Caller,
  view: View,
  about: Parameters<typeof actOf>[3],
  put: readonly PolicyRow[],
  removed: readonly string[],
  details: string,
) {
  const kept = view.policies.rows.filter((row) => !removed.includes(row.id) && !put.some((one) => one.id === row.id))
  const rows = [...kept, ...put]
  const epoch = view.policies.epoch + 1
  const lockout = locksAdminsOut(rows)
  if (lockout !== undefined)
    throw new TylerError("policy_lockout", { error: lockout.text, policyId: lockout.policyId, verb: lockout.verb })
  const mac = macOfPolicies(on.keyring(), rows, epoch)
  const change = { kind: "putPolicies" as const, put, removed, epoch, mac }
  return actOf(on, caller, view, about, { by: "role admin", details, changes: [change] })
}

/** A row as the entry holds it: every field, so that an auditor sees old and new. */
function rowText(label: string, row: PolicyRow | undefined): string {
  if (row === undefined) return `${label}=none`
  const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, ...fields } = row
  return `${label}=${JSON.stringify(fields)}`
}
