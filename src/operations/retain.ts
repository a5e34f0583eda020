import { DAY_MS } from "../core/clock.ts"
import { classOf, ENTRY_CLASSES, type EntryClass } from "../state/entry-class.ts"
import type { EntryRow } from "../state/rows.ts"
import { recordRetention } from "./service-entries.ts"
import type { Service } from "./service.ts"

/** Entries that are looked at, and at most emptied by one act: it holds all other writers up for as long. */
const AT_ONCE = 1_000

/** How far each class was looked through. Only what was emptied is written down; the rest a process remembers. */
export type Marks = Map<EntryClass, number>

/**
 * Empties what is older than its class is kept, one act for each class: number and leaf hash stay, so the log verifies as
 * before. Entries of people under a legal hold stay too. @returns whether there may be more
 */
export async function retainEntries(on: Service, marks: Marks): Promise<boolean> {
  let more = false
  for (const name of ENTRY_CLASSES) {
    const days = on.settings.keepDays[name]
    if (days !== null && (await retainSome(on, marks, name, on.clock.now() - days * DAY_MS))) more = true
  }
  return more
}

async function retainSome(on: Service, marks: Marks, name: EntryClass, before: number): Promise<boolean> {
  const from = marks.get(name) ?? (await on.reader.retainedUpTo(name))
  const rows = await on.reader.entryRange(from, from + AT_ONCE, AT_ONCE)
  const young = rows.findIndex((row) => !isEmptied(row) && row.timestamp >= before)
  const old = young === -1 ? rows : rows.slice(0, young)
  const due = await withoutHeld(
    on,
    old.filter((row) => !isEmptied(row) && classOf(row) === name),
  )
  const upTo = from + old.length
  const [first, last] = [due[0]?.index, due.at(-1)?.index]
  if (first !== undefined && last !== undefined) {
    const details = `class=${name} before=${new Date(before).toISOString()} count=${due.length}`
    const indexes = due.map(({ index }) => index)
    await recordRetention(on, `${first}-${last}`, details, { kind: "emptyEntries", name, indexes, upTo })
  }
  marks.set(name, upTo)
  return old.length === AT_ONCE
}

/** Nothing is left of it but number, leaf hash and the order's number. */
function isEmptied({ erasedBy, commitment }: EntryRow): boolean {
  return erasedBy !== null && commitment === null
}

async function withoutHeld(on: Service, rows: readonly EntryRow[]): Promise<readonly EntryRow[]> {
  const held = new Set<string>()
  for (const id of new Set(rows.map(({ userId }) => userId))) if ((await on.reader.hold(id)) !== undefined) held.add(id)
  return rows.filter(({ userId }) => !held.has(userId))
}
