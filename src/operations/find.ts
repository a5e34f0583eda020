import { setImmediate } from "node:timers/promises"
import { mayList } from "../policy/decide.ts"
import type { SecretOrder, SortedPage } from "../state/reader.ts"
import type { LabelRow, ScheduleRow, SecretRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { SCAN_LIMIT, SCAN_PAGE } from "./list.ts"
import { perform, type View } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

export interface FindRequest extends Omit<SortedPage, "limit"> {
  /** Most secrets of the answer. */
  readonly limit: number
  readonly wanted: (secret: SecretRow) => boolean
}

export interface FoundSecret {
  readonly secret: SecretRow
  readonly labels: readonly LabelRow[]
  readonly schedule: ScheduleRow | undefined
}

export interface FoundPage {
  /** May be fewer than asked for, even none, though there are more. */
  readonly found: readonly FoundSecret[]
  /** Where the next page begins; null: there is none. */
  readonly next: SortedPage["after"]
}

/** What the caller may list, in one of four orders. The same entry and the same decision as `listSecrets`. */
export function findSecrets(on: Service, caller: Caller, ask: FindRequest): Promise<FoundPage> {
  const about = { action: "LIST", resourceType: "secret", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const { secrets, next } = await scan(on, view, ask)
      const ids = secrets.map(({ id }) => id)
      const labels = await on.reader.labelsOf(ids)
      const schedules = new Map((await on.reader.schedulesOf(ids)).map((one) => [one.secretId, one]))
      const found = secrets.map((secret) => ({
        secret,
        labels: labels.filter((one) => one.secretId === secret.id),
        schedule: schedules.get(secret.id),
      }))
      const details = `items=${found.length}`
      return { act: actOf(on, caller, view, about, { by: "filtered", details }), done: () => ({ found, next }) }
    },
  })
}

async function scan(on: Service, view: View, ask: FindRequest) {
  const { by, descending, pending, limit, wanted } = ask
  const secrets: SecretRow[] = []
  let { after } = ask
  for (let seen = 0; seen < SCAN_LIMIT; ) {
    const rows = await on.reader.sortedSecrets({ by, descending, pending, after, limit: SCAN_PAGE })
    for (const row of rows) {
      if (secrets.length >= limit) return { secrets, next: after }
      after = { key: keyOf(row, by), name: row.name }
      if (mayList(view.policies, view.principal, row.name) && wanted(row)) secrets.push(row)
    }
    if (rows.length < SCAN_PAGE) return { secrets, next: null }
    seen += rows.length
    // The embedded store answers on this very thread: others get their turn between the pages.
    await setImmediate()
  }
  return { secrets, next: after }
}

function keyOf(row: SecretRow, by: SecretOrder): string | number {
  return { created: row.createdAt, changed: row.changedAt, accessed: row.lastAccessed ?? "", name: row.name }[by]
}
