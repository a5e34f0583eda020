import { setImmediate as giveWay } from "node:timers/promises"
import { Evaluation, LOOK_BACK_MS } from "../alarm/evaluate.ts"
import type { Thresholds } from "../alarm/table.ts"
import { type Alarming, noticeOfFinding, recordFinding } from "../operations/alarms.ts"
import type { StateReader } from "../state/reader.ts"

/** Entries read at once: some 2 ms of SQLite, which answers on the thread that answers everybody. */
const BLOCK = 500

export interface FollowingLog {
  readonly service: Alarming
  readonly thresholds: Thresholds
  readonly runbook: (slug: string) => string
  /** Wall time of the newest entry when this process started: since then perhaps nobody has followed. */
  readonly newest: number
}

/**
 * Follows the log while this process leads, and records what is found. What it knows is in the log: a process that takes
 * over, or starts anew, begins a quarter of an hour before the newest entry that another may have looked at.
 * @returns one round, told whether this process is the one that follows. Rejects while the database does not answer; the next round goes on where this one stopped
 */
export function logAlarms({ service, thresholds, runbook, newest }: FollowingLog) {
  const { reader, clock } = service
  let since: number | null = newest
  let following: { readonly evaluation: Evaluation; next: number } | undefined

  async function follow(): Promise<Evaluation> {
    following ??= { evaluation: new Evaluation(thresholds), next: await beginning(reader, since) }
    for (;;) {
      const rows = await reader.watchedEntries(following.next, BLOCK)
      for (const row of rows) following.evaluation.take(row)
      following.next += rows.length
      if (rows.length < BLOCK) break
      await giveWay()
    }
    since = null
    return following.evaluation
  }

  return async (leading: boolean): Promise<void> => {
    if (!leading) {
      following = undefined
      since = null
      return
    }
    const evaluation = await follow()
    for (const finding of evaluation.due(clock.now()))
      await recordFinding(service, finding, await noticeOfFinding(service, finding, runbook))
  }
}

/** The first entry of the quarter of an hour before that time; null: before the newest entry. */
async function beginning(reader: StateReader, until: number | null): Promise<number> {
  const { size, lastTime } = await reader.head()
  const from = (until ?? lastTime) - LOOK_BACK_MS
  let [low, high] = [0, size]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [row] = await reader.watchedEntries(middle, 1)
    if (row !== undefined && row.timestamp < from) low = middle + 1
    else high = middle
  }
  return low
}
