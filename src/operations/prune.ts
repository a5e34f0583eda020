import { DAY_MS, utcDay } from "../core/clock.ts"
import { recordPruning } from "./service-entries.ts"
import type { Service } from "./service.ts"

/** Rows of a kind that one act deletes: it holds all other writers up for as long. */
const BATCH = 1_000

/** Acts of one round; the next round takes the rest. */
const BATCHES = 100

/** How long expired credentials are kept, so that a clock that stands a little wrong deletes none that is good. */
const CREDENTIALS_MS = DAY_MS

/** The same for the counts of a UTC day: today's, yesterday's and the day's before that stay. */
const QUOTA_MS = 2 * DAY_MS

/**
 * Deletes expired sessions and tokens, and the counts of past days. Each act has its entry; what expired is refused with
 * or without this.
 */
export async function pruneExpired(on: Service): Promise<void> {
  const now = on.clock.now()
  const expiredBefore = now - CREDENTIALS_MS
  const beforeDay = utcDay(now - QUOTA_MS)
  const details = `expired_before=${new Date(expiredBefore).toISOString()} days_before=${beforeDay}`
  for (let batch = 0; batch < BATCHES; batch++) {
    if (!(await on.reader.prunable(expiredBefore, beforeDay))) return
    await recordPruning(on, details, [
      { kind: "pruneCredentials", expiredBefore, limit: BATCH },
      { kind: "pruneQuotaUse", beforeDay, limit: BATCH },
      { kind: "pruneLeases", expiredBefore, limit: BATCH },
    ])
  }
}
