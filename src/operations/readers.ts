import { DAY_MS } from "../core/clock.ts"
import type { EntryQuery } from "../state/reader.ts"
import type { EntryRow, SecretRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

export interface ReaderOfSecret {
  readonly userId: string
  /** As of the newest read; null: erased. */
  readonly username: string | null
  readonly lastRead: number
  /** In the last 30 days, and how many of them unmasked. */
  readonly reads: number
  readonly unmasked: number
}

export interface Readers {
  /** The newest first. */
  readonly readers: readonly ReaderOfSecret[]
  /** There were older reads than were looked at. */
  readonly cut: boolean
}

const READ_DAYS = 30
/** Newest reads of the secret that are looked at. */
const READS_MAX = 10_000
const READS_PAGE = 200

/** From the audit log. What was read under this name before this secret was created was another secret. */
export async function readersOf(
  on: Pick<Service, "clock" | "reader">,
  secret: Pick<SecretRow, "name" | "createdAt">,
): Promise<Readers> {
  const since = on.clock.now() - READ_DAYS * DAY_MS
  const found = new Map<string, ReaderOfSecret>()
  let cut = false
  for (const action of READ_ACTIONS) {
    const wanted = { resourceName: secret.name, action, result: "SUCCESS", from: secret.createdAt }
    if (!(await lookAll(on, wanted, (entry) => note(found, entry, since)))) cut = true
  }
  return { readers: [...found.values()].toSorted((a, b) => b.lastRead - a.lastRead), cut }
}

/** The newest first. @returns whether all were looked at */
async function lookAll(
  on: Pick<Service, "reader">,
  wanted: Omit<EntryQuery, "before" | "limit">,
  look: (entry: EntryRow) => void,
): Promise<boolean> {
  let before: number | undefined
  for (let looked = 0; looked < READS_MAX; ) {
    const query = before === undefined ? wanted : { ...wanted, before }
    const entries = await on.reader.entries({ ...query, limit: Math.min(READS_PAGE, READS_MAX - looked) })
    for (const entry of entries) look(entry)
    looked += entries.length
    before = entries.at(-1)?.index
    if (entries.length < READS_PAGE) return true
  }
  return false
}

function note(found: Map<string, ReaderOfSecret>, entry: EntryRow, since: number): void {
  const { userId, username, timestamp } = entry
  const reader = found.get(userId) ?? { userId, username, lastRead: timestamp, reads: 0, unmasked: 0 }
  const counted = timestamp < since ? 0 : 1
  const unmasked = reader.unmasked + (wasUnmasked(entry) ? counted : 0)
  const lastRead = Math.max(reader.lastRead, timestamp)
  found.set(userId, { ...reader, lastRead, reads: reader.reads + counted, unmasked })
}

/** What a read that was answered is called: of a value that a store outside gave before, the second. */
export const READ_ACTIONS: readonly string[] = ["GET", "GET_CACHED"]

/** Of a read's entry: `details` begins with the word. */
export function wasUnmasked({ details }: EntryRow): boolean {
  return details?.split(" ", 1)[0] === "unmasked"
}
