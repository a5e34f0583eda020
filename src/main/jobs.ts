import type { Logger } from "pino"
import { TylerError } from "../core/errors.ts"
import { DAY_MS } from "../core/clock.ts"
import { clockWatch } from "../operations/clock-watch.ts"
import { dueRequests } from "../operations/due-requests.ts"
import { continueErasures } from "../operations/continue-erasures.ts"
import { pruneDeliveries } from "../operations/deliver.ts"
import { pruneExpired } from "../operations/prune.ts"
import { type Marks, retainEntries } from "../operations/retain.ts"
import { pruneRotations } from "../operations/rotation/prune.ts"
import { purgeDue } from "../operations/remove.ts"
import { recordClockStep, recordStart, recordSummaries } from "../operations/service-entries.ts"
import type { Service } from "../operations/service.ts"
import type { Notifying } from "./notifying.ts"
import type { Rotations } from "./rotating.ts"

export interface Jobs {
  /** One round of everything that happens by itself. */
  tick(): Promise<void>
  close(): Promise<void>
}

const TICK_MS = 10_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * What happens by itself: the start entry, refusal summaries each minute, notifications, erasures that were ordered,
 * purges and rotations that are due, each hour the deletion of what expired, a watch on the clock.
 */
export async function startJobs(
  service: Service,
  notifier: Pick<Notifying, "tick">,
  rotations: Pick<Rotations, "tick">,
  /** Puts backups that were taken beside us on record. */
  notes: () => Promise<void>,
  log: Logger,
): Promise<Jobs> {
  const watch = clockWatch(service.clock)
  const { lastTime } = await service.reader.head()
  if (watch.tick(lastTime)) await recordClockStep(service)
  await recordStart(service)
  // What an earlier process left half done goes on at once. Without a wait: a million entries take minutes.
  continueErasures(service).catch(() => log.warn("erasures wait: the ledger cannot record"))
  let summarised = service.clock.monotonic()
  let pruned = Number.NEGATIVE_INFINITY
  const retain = retention(service)

  async function tick(): Promise<void> {
    const head = await service.reader.head()
    if (watch.tick(head.lastTime)) {
      log.error({ code: "clock_stepped" }, "the clock stepped; purges wait until it is steady for 10 minutes")
      await recordClockStep(service)
    }
    if (service.clock.monotonic() - summarised >= MINUTE_MS) {
      summarised = service.clock.monotonic()
      await recordSummaries(service)
    }
    await continueErasures(service)
    await notes()
    await notifier.tick()
    await tickStore(service, log)
    if (watch.frozen()) return
    await purgeDue(service)
    await dueRequests(service)
    await rotations.tick()
    await retain()
    if (service.clock.monotonic() - pruned < HOUR_MS) return
    await pruneExpired(service)
    await pruneDeliveries(service)
    await pruneRotations(service)
    pruned = service.clock.monotonic()
  }

  const timer = setInterval(() => {
    tick().catch(() => log.warn("jobs wait: the ledger cannot record"))
  }, TICK_MS)
  timer.unref()
  return {
    tick,
    async close() {
      clearInterval(timer)
      await recordSummaries(service).catch(() => undefined)
    },
  }
}

/** Acts of one round; the next round, 10 seconds later, takes the rest. */
const RETAINED_AT_ONCE = 10

/** Each hour, and at once while there is more. Once a day all is looked through again, for holds that have ended. */
function retention(service: Service): () => Promise<void> {
  const marks: Marks = new Map()
  let [looked, restarted] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return async () => {
    const now = service.clock.monotonic()
    if (now - looked < HOUR_MS) return
    if (now - restarted >= DAY_MS) {
      marks.clear()
      restarted = now
    }
    for (let acts = 0; acts < RETAINED_AT_ONCE; acts++)
      if (!(await retainEntries(service, marks))) {
        looked = now
        return
      }
  }
}

/** A store outside that does not answer holds up nothing but its own sweep. */
async function tickStore(service: Service, log: Logger): Promise<void> {
  try {
    await service.store.tick(service)
  } catch (error) {
    log.warn({ code: error instanceof TylerError ? error.code : "internal" }, "the sweep of the store waits")
  }
}
