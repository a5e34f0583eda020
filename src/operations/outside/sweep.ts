import { fullNameOf, oddNames, ourName } from "../../secrets/outside-names.ts"
import type { Outside } from "./place.ts"
import type { Clock } from "../../core/clock.ts"
import type { SecretName } from "../../core/name.ts"
import type { OutsideSecret } from "../../secrets/outside.ts"
import type { Change } from "../../state/change.ts"
import type { IntentRow, LabelRow, SecretRow } from "../../state/rows.ts"
import type { Service } from "../service.ts"
import { correct, difference, recordCatalog } from "./catalog.ts"
import { effectOf } from "./effects.ts"
import { changesIn, isOutward, type Outward, secretIdOf } from "./intent.ts"

const SWEEP_MS = 60_000
/** Nobody is still at work on what was begun that long ago: see LAST_CALL_MS in carry-out.ts. */
export const RECONCILE_AFTER_MS = 90_000
/** Of one round. */
const INTENTS = 50
const PAGE = 500
/** More than these, and more than half of all, are not believed to have been deleted within a minute. */
const GONE_AT_ONCE = 10
const ALL = "ALL" as SecretName

/** Each minute: outcomes that nobody recorded, then what others did to the secrets. `within` hears how it went. */
export function sweeper(
  outside: Outside,
  clock: Clock,
): (on: Service, within: (work: () => Promise<void>) => Promise<void>) => Promise<void> {
  let swept = Number.NEGATIVE_INFINITY
  let sweeping = false
  return async (on, within) => {
    // Half a million secrets take longer than a minute to list.
    if (sweeping || clock.monotonic() - swept < SWEEP_MS) return
    sweeping = true
    swept = clock.monotonic()
    try {
      await within(async () => {
        await reconcile(on, outside)
        await sweepCatalog(on, outside)
      })
    } finally {
      sweeping = false
    }
  }
}

/** Asks the store how what was begun has ended, and records that. What cannot be asked waits for the next round. */
export async function reconcile(on: Service, outside: Outside): Promise<void> {
  for (const intent of await on.reader.intents(on.clock.now() - RECONCILE_AFTER_MS, INTENTS)) {
    const seen = await outside.store.describe(fullNameOf(outside, intent.name))
    await recordOutcome(on, intent, seen)
    await correct(on, outside, intent.name)
  }
}

async function recordOutcome(on: Service, intent: IntentRow, seen: OutsideSecret | undefined): Promise<void> {
  const planned = changesIn(intent.changes)
  const done = seen !== undefined && planned.filter(isOutward).every((change) => isDone(change, seen))
  const settle: Change = { kind: "settleIntent", id: intent.id }
  const what = `intent=${intent.index} swept`
  const result = done ? "SUCCESS" : "FAILURE"
  const landed = done
    ? planned.map((change) => (isOutward(change) ? effectOf(change).landed(change, seen.arn) : change))
    : []
  const changes = [settle, ...landed]
  if (await recordCatalog(on, intent.action, intent.name, { what, changes }, result)) return
  // It is in the catalog by another way.
  await recordCatalog(on, intent.action, intent.name, { what, changes: [settle] }, result)
}

function isDone(change: Outward, seen: OutsideSecret): boolean {
  return (change.kind === "addSecret" || secretIdOf(change) === seen.arn) && effectOf(change).reached(change, seen)
}

/**
 * Compares the catalog with a list of the store. The list may lag behind by minutes, so it only says which secrets to
 * look at: what is corrected is what a look at the secret itself says.
 */
export async function sweepCatalog(on: Service, outside: Outside): Promise<number> {
  const listed = new Map<string, OutsideSecret>()
  for await (const page of outside.store.list(`${outside.prefix}/`))
    for (const secret of page) listed.set(secret.fullName, secret)
  const odd = new Set(oddNames(outside, [...listed.keys()]))
  const suspects = new Set<SecretName>()
  const known = new Set<string>()
  for await (const { row, labels } of catalogOf(on)) {
    const fullName = fullNameOf(outside, row.name)
    known.add(fullName)
    if (difference(row.name, row, labels, listed.get(fullName), on.clock.now()) !== undefined) suspects.add(row.name)
  }
  for (const fullName of listed.keys()) {
    const name = ourName(outside, fullName)
    if (name !== undefined && !known.has(fullName) && !odd.has(fullName)) suspects.add(name)
  }
  const gone = [...known].filter((fullName) => !listed.has(fullName)).length
  if (gone > GONE_AT_ONCE && gone * 2 > known.size) {
    // Rather another AWS, or one that has lost its data, than so many deletions: nobody's governance is thrown away for it.
    await recordCatalog(on, "CATALOG", ALL, { what: `gone=${gone} of=${known.size}`, changes: [] }, "FAILURE")
    return 0
  }
  let corrected = 0
  for (const name of suspects) if (await correct(on, outside, name)) corrected += 1
  return corrected
}

async function* catalogOf(
  on: Service,
): AsyncIterable<{ readonly row: SecretRow; readonly labels: readonly LabelRow[] }> {
  for (let after = ""; ; ) {
    const rows = await on.reader.catalog(after, PAGE)
    const labels = Map.groupBy(await on.reader.labelsOf(rows.map(({ id }) => id)), ({ secretId }) => secretId)
    for (const row of rows) yield { row, labels: labels.get(row.id) ?? [] }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.name
  }
}
