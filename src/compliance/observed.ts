import type { Turn } from "../core/turn.ts"
import { DAY_MS } from "../core/clock.ts"
import type { PolicySet } from "../policy/document.ts"
import type { EntryClass } from "../state/entry-class.ts"
import type { StateReader } from "../state/reader.ts"
import type { KeyRow } from "../state/rows.ts"
import { UNSEALED } from "../state/rows.ts"
import type { KeyObject } from "node:crypto"
import type { Deployment } from "./deployment.ts"
import { type Floor, floorOf } from "./floor.ts"
import { type LogLook, logOf } from "./log.ts"
import { type People, peopleOf } from "./people.ts"
import { type Secrets, secretsOf } from "./secrets.ts"
import { type Trail, trailOf } from "./trail.ts"

/** Everything that checks look at, read once: a check itself only judges. */
export interface Observed {
  /** Wall time in ms. */
  readonly at: number
  readonly deployment: Deployment
  readonly rules: Rules
  readonly log: LogLook
  readonly trail: Trail
  readonly policies: PolicySet
  readonly floor: Floor
  readonly people: People
  readonly secrets: Secrets
  readonly keys: Keys
  readonly erasures: { readonly open: number; readonly oldest: number | null }
}

/** What of the settings decides. */
export interface Rules {
  /** Policies' demand for a second factor is ignored. */
  readonly mfaIgnored: boolean
  /** What loosens a guard takes a second person, and so does a purge. */
  readonly guarded: boolean
  /** Unmasked values per person and UTC day; null: no limit. */
  readonly dailyPerPerson: number | null
  readonly keepDays: Readonly<Record<EntryClass, number | null>>
}

export interface Keys {
  readonly rows: readonly KeyRow[]
  /** Versions that are sealed by a key of the ring, and those that a store outside keeps as they are. */
  readonly sealed: number
  readonly unsealed: number
  readonly root: "kms" | "local"
  readonly escrow: "confirmed" | "kms" | "missing"
}

/** The times by which accounts and values are judged, in days. */
export const LIMITS = { sleepingDays: 90, oldDays: 365, keyDays: 365, lookDays: 90, reviewDays: 90 } as const
/** As alarms have it: a rotation that is due for so long has failed or found nobody. */
const OVERDUE_MS = 3_600_000

export interface ObserveAsk {
  readonly reader: StateReader
  readonly rowsKey: KeyObject
  readonly policies: PolicySet
  readonly deployment: Deployment
  readonly rules: Rules
  readonly root: Keys["root"]
  readonly escrow: Keys["escrow"]
  readonly now: number
}

/**
 * Looks at most at 100,000 entries, 20,000 people and programs, and 20,000 secrets; where there is more, what is made of it
 * says so. @throws TylerError `unavailable`
 */
export async function observe(ask: ObserveAsk, turn: Turn): Promise<Observed> {
  const { reader, now, rowsKey, policies, deployment, rules } = ask
  const trail = await trailOf(reader, turn, now - LIMITS.lookDays * DAY_MS)
  const open = await reader.openErasures(100)
  return {
    at: now,
    deployment,
    rules,
    trail,
    policies,
    log: await logOf(reader, turn),
    floor: await floorOf(policies, turn),
    people: await peopleOf({ reader, rowsKey, trail, asleepBefore: now - LIMITS.sleepingDays * DAY_MS }, turn),
    secrets: await secretsOf({ reader, now, oldBefore: now - LIMITS.oldDays * DAY_MS, overdueMs: OVERDUE_MS }, turn),
    keys: await keysOf(ask),
    erasures: { open: open.length, oldest: open[0]?.orderedAt ?? null },
  }
}

async function keysOf({ reader, root, escrow }: ObserveAsk): Promise<Keys> {
  const rows = await reader.keys()
  let sealed = 0
  for (const { id, purpose } of rows) if (purpose === "kek") sealed += await reader.countVersionsUnderKey(id)
  return { rows, sealed, unsealed: await reader.countVersionsUnderKey(UNSEALED), root, escrow }
}
