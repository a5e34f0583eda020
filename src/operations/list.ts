import { setImmediate } from "node:timers/promises"
import type { SecretName } from "../core/name.ts"
import { mayList } from "../policy/decide.ts"
import type { SecretRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { perform, type View } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export interface ListRequest {
  readonly prefix: string
  readonly search: string | null
  readonly after: string
  readonly limit: number
}

export interface Listing {
  readonly secrets: readonly SecretRow[]
  /** Names after this one remain; null at the end. */
  readonly nextAfter: SecretName | null
}

/** Rows looked at for one page, so that a caller who may list little cannot make the server walk everything at once. */
export const SCAN_LIMIT = 2_000
/** Rows of one statement: from a cold disk a hundred take 6 ms of the thread that answers everybody. */
export const SCAN_PAGE = 100

/** What the caller may list, by the same decision function that guards reads. */
export function listSecrets(on: Service, caller: Caller, ask: ListRequest): Promise<Listing> {
  const about = { action: "LIST", resourceType: "secret", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const listing = await scan(on, view, ask)
      const details = `items=${listing.secrets.length}`
      return {
        act: actOf(on, caller, view, about, { by: "filtered", details }),
        done: () => listing,
      }
    },
  })
}

async function scan(on: Service, view: View, ask: ListRequest): Promise<Listing> {
  const secrets: SecretRow[] = []
  let after = ask.after
  for (let seen = 0; seen < SCAN_LIMIT; ) {
    const limit = Math.min(SCAN_PAGE, Math.max(ask.limit - secrets.length, 1))
    const rows = await on.reader.secrets({ prefix: ask.prefix, search: ask.search, after, limit })
    for (const row of rows) {
      after = row.name
      if (!mayList(view.policies, view.principal, row.name)) continue
      secrets.push(row)
    }
    if (rows.length < limit) return { secrets, nextAfter: null }
    if (secrets.length >= ask.limit) break
    seen += rows.length
    // The embedded store answers on this very thread: others get their turn between the pages.
    await setImmediate()
  }
  return { secrets, nextAfter: after as SecretName }
}
