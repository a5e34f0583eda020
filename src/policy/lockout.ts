import { ADMIN } from "../core/principal.ts"
import type { Verb } from "../core/verb.ts"
import type { PolicyRow } from "../state/rows.ts"
import { UNMATCHED } from "./pattern.ts"
import { ADMIN_VERBS, rolesFor } from "./rule.ts"

/** Why a set of rows may not be installed. */
export interface Lockout {
  /** The row that shuts admins out; null: there is no row `**`. */
  readonly policyId: string | null
  readonly verb: Verb
  readonly text: string
}

/**
 * The set must leave the role `admin` every administrative verb (create, delete, restore, rotate, purge) on every name,
 * existing or not. That holds when each row that gives roles for such a verb counts `admin` among them, and the row
 * `**` gives roles for all of them: an intersection of lists that all hold `admin` holds it too, and what `**` gives
 * takes over where no other row says anything. Reading is another matter: a row may well keep admins from values.
 * Stricter than need be for a row that another one replaces, so that deleting the other is always possible.
 * @param rows the whole set as it would be after the change.
 */
export function locksAdminsOut(rows: readonly PolicyRow[]): Lockout | undefined {
  for (const row of rows) {
    const verb = ADMIN_VERBS.find((verb) => !(rolesFor(row, verb)?.includes(ADMIN) ?? row.secretPattern !== UNMATCHED))
    if (verb !== undefined) return { policyId: row.id, verb, text: `The role ${ADMIN} must be able to ${verb}` }
  }
  if (rows.some(({ secretPattern }) => secretPattern === UNMATCHED)) return undefined
  return { policyId: null, verb: "create", text: `A row ${UNMATCHED} must say who may act where no other row does` }
}
