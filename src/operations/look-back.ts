import { DAY_MS } from "../core/clock.ts"
import type { SecretName } from "../core/name.ts"
import type { Turn } from "../core/turn.ts"
import type { Refused } from "../policy/decide.ts"
import type { PolicySet } from "../policy/document.ts"
import { lossOf } from "../policy/what-if.ts"
import type { EntryRow } from "../state/rows.ts"
import { READ_ACTIONS, wasUnmasked } from "./readers.ts"
import type { Service } from "./service.ts"

/** Newest audit entries that are looked at. */
const LOOK_ENTRIES = 100_000
const LOOK_DAYS = 30
/** Entries of one statement: about 2 ms of the thread that answers everybody. */
const LOOK_PAGE = 100
/** Lost reads by person, secret and reason in one answer. */
const LOSSES_MAX = 1_000

type LookService = Pick<Service, "clock" | "reader" | "settings">

/** Reads of one person and secret that would have been refused for the same reason. */
export interface LostReads {
  readonly userId: string
  readonly username: string | null
  readonly secret: string
  readonly refused: Refused
  readonly reads: number
  /** The newest of them. */
  readonly lastRead: number
}

export interface LookBack {
  /** Entries looked at, the newest first. */
  readonly entries: number
  /** Time that the look went back to. */
  readonly since: number
  /** There were entries of that time beyond the bound. */
  readonly cut: boolean
  /** Reads that would have been refused; of `lost`, the most frequent first. */
  readonly refused: number
  readonly lost: readonly LostReads[]
}

/** Reads of the last 30 days that the present rows permit and the new ones refuse. */
export async function lookBack(on: LookService, turn: Turn, before: PolicySet, after: PolicySet): Promise<LookBack> {
  const since = on.clock.now() - LOOK_DAYS * DAY_MS
  const { size } = await on.reader.head()
  const end = Math.max(0, size - LOOK_ENTRIES)
  const lost = new Map<string, LostReads>()
  let at = size
  let refused = 0
  let oldest = Number.POSITIVE_INFINITY
  while (at > end && oldest >= since) {
    const from = Math.max(end, at - LOOK_PAGE)
    const entries = await on.reader.entryRange(from, at, at - from)
    for (const entry of entries.toReversed()) {
      oldest = entry.timestamp
      await turn.giveWay()
      if (oldest < since) continue
      const loss = lossOfEntry(on, before, after, entry)
      if (loss !== undefined) {
        refused++
        keep(lost, entry, loss)
      }
    }
    at = from
  }
  const most = [...lost.values()].toSorted((a, b) => b.reads - a.reads).slice(0, LOSSES_MAX)
  return { entries: size - at, since, cut: at > 0 && oldest >= since, refused, lost: most }
}

function lossOfEntry(on: LookService, before: PolicySet, after: PolicySet, entry: EntryRow): Refused | undefined {
  const { action, result, resourceType, principalKind: kind, userId: id, roles, resourceName, quotaUse } = entry
  if (!READ_ACTIONS.includes(action) || result !== "SUCCESS" || resourceType !== "secret") return undefined
  if (kind !== "person" && kind !== "program") return undefined
  const principal = { id, kind, roles, assurance: kind === "person" ? "password" : "token" } as const
  const verb = wasUnmasked(entry) ? "reveal" : "read"
  // An answered read's name was a name: it needed no escapes.
  return lossOf(before, after, { verb, name: resourceName as SecretName, principal, nth: quotaUse }, on.settings)
}

function keep(lost: Map<string, LostReads>, entry: EntryRow, refused: Refused): void {
  const { userId, username, resourceName: secret, timestamp: lastRead } = entry
  const key = JSON.stringify([userId, secret, refused.code, refused.missing])
  const known = lost.get(key) ?? { userId, username, secret, refused, reads: 0, lastRead }
  lost.set(key, { ...known, reads: known.reads + 1 })
}
