import type { SecretName } from "../core/name.ts"
import { CURRENT } from "../core/stage.ts"
import type { Turn } from "../core/turn.ts"
import type { StateReader } from "../state/reader.ts"
import type { SecretRow } from "../state/rows.ts"
import { Some } from "./some.ts"

export interface Secrets {
  readonly live: number
  readonly pending: number
  /** Live ones without a current version. */
  readonly empty: Some
  /** Somebody saw the value in an emergency, and it has not been changed since. */
  readonly due: Some
  /** Live, and the newest version is older than a value should become. */
  readonly old: Some
  /** Of these, without a schedule that is enabled. */
  readonly unscheduled: Some
  readonly schedules: { readonly enabled: number; readonly disabled: Some; readonly overdue: Some }
  /** There were more than were looked at. */
  readonly cut: boolean
}

const PAGE = 100
/** Secrets looked at, and schedules. */
export const SECRETS_MAX = 20_000

export interface SecretsAsk {
  readonly reader: Pick<StateReader, "catalog" | "labelsOf" | "versions" | "schedules">
  readonly now: number
  /** Wall time in ms: an older value is old. */
  readonly oldBefore: number
  /** A rotation that is due this long has failed or found nobody, ms. */
  readonly overdueMs: number
}

export async function secretsOf(ask: SecretsAsk, turn: Turn): Promise<Secrets> {
  const { scheduled, ...schedules } = await schedulesOf(ask, turn)
  const [empty, due, old, unscheduled] = [new Some(), new Some(), new Some(), new Some()]
  let [live, pending, cut] = [0, 0, false]
  for (let after = ""; !cut; ) {
    const rows = await ask.reader.catalog(after, PAGE)
    const alive = rows.filter(({ deletionAt }) => deletionAt === null)
    const labels = await ask.reader.labelsOf(alive.map(({ id }) => id))
    const held = new Set(labels.filter(({ label }) => label === CURRENT).map(({ secretId }) => secretId))
    for (const row of alive) {
      if (!held.has(row.id)) empty.add(row.name)
      if (row.rotationDueSince !== null) due.add(row.name)
      if (held.has(row.id) && (await isOld(ask, row))) {
        old.add(row.name)
        if (!scheduled.has(row.name)) unscheduled.add(row.name)
      }
      await turn.giveWay()
    }
    live += alive.length
    pending += rows.length - alive.length
    after = rows.at(-1)?.name ?? after
    cut = live + pending >= SECRETS_MAX
    if (rows.length < PAGE) break
  }
  return { live, pending, empty, due, old, unscheduled, schedules, cut }
}

/** A new version counts as a change, other changes too: only where one came lately do the versions have to be asked. */
async function isOld({ reader, oldBefore }: SecretsAsk, { id, createdAt, changedAt }: SecretRow): Promise<boolean> {
  if (createdAt >= oldBefore) return false
  if (changedAt < oldBefore) return true
  const [newest] = await reader.versions(id)
  return newest !== undefined && newest.createdAt < oldBefore
}

async function schedulesOf({ reader, now, overdueMs }: SecretsAsk, turn: Turn) {
  const scheduled = new Set<SecretName>()
  const [disabled, overdue] = [new Some(), new Some()]
  for (let after = ""; scheduled.size < SECRETS_MAX; ) {
    const rows = await reader.schedules(after, PAGE)
    for (const { name, enabled, nextRotation, overdueSince } of rows) {
      if (!enabled) disabled.add(name)
      else scheduled.add(name)
      const since = overdueSince ?? nextRotation
      if (enabled && since !== null && since < now - overdueMs) overdue.add(name)
    }
    after = rows.at(-1)?.name ?? after
    await turn.giveWay()
    if (rows.length < PAGE) break
  }
  return { scheduled, enabled: scheduled.size, disabled, overdue }
}
