import { setTimeout as pause } from "node:timers/promises"
import type { LedgerWriter } from "../audit/ledger.ts"
import type { Clock } from "../core/clock.ts"
import { PROCESS_METRIC_NAMES, PROCESS_METRICS } from "../telemetry/security-metrics.ts"
import { type MetricSink, type OwnValues, type Reading, SinkFault } from "../telemetry/sink.ts"
import type { Tally } from "../telemetry/tally.ts"

/** Counts are sent this often. */
const EVERY_MS = 10_000
/** Readings that may wait: an hour of them. Beyond it the oldest is given up, and counted. */
export const QUEUE_READINGS = 360
/** How long a stop waits for the last ones. */
const DRAIN_MS = 2_000

/** Counts each entry once it is durable: the one place where acts become that. */
export function counted(ledger: LedgerWriter, tally: Tally): LedgerWriter {
  return {
    async recordAll(acts) {
      const outcomes = await ledger.recordAll(acts)
      acts.forEach(({ entry }, at) => {
        if (!("moved" in (outcomes[at] ?? { moved: null }))) tally.add(entry)
      })
      return outcomes
    },
    close: () => ledger.close(),
  }
}

export interface Publishing {
  /** Takes what was counted and sends what waits. Never rejects. */
  tick(): Promise<void>
  /** Readings that wait. */
  waiting(): number
  /** Counts given up since the start. */
  dropped(): number
  /** A code such as `unreachable`; null while sending works. */
  trouble(): string | null
  /** Sends what is left, for at most two seconds. */
  close(): Promise<void>
}

/**
 * Sends a tally's counts to a sink every ten seconds. No request waits for it, and none fails with it.
 * @param own what the process says of itself: counts since the start, and levels
 */
export function publishing(tally: Tally, sink: MetricSink, clock: Clock, own: () => OwnValues): Publishing {
  const queue: Reading[] = []
  let dropped = 0
  /** Of `dropped`, what an arrived reading has told. */
  let told = 0
  let trouble: string | null = null
  let sending: Promise<void> | undefined
  const growth = growthOf(own)

  function collect(): void {
    const cells = tally.take()
    const values = growth()
    if (cells.length > 0 || Object.keys(values).length > 0) queue.push({ at: clock.now(), cells, own: values })
    while (queue.length > QUEUE_READINGS) dropped += countsOf(queue.shift())
  }

  /** In order; the first that does not arrive ends the round, and waits for the next. */
  async function drain(): Promise<void> {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const telling = dropped
      try {
        const lost = telling - told
        await sink.send(lost === 0 ? first : { ...first, own: { ...first.own, MetricsDropped: lost } })
      } catch (error) {
        trouble = error instanceof SinkFault ? error.reason : "failed"
        return
      }
      trouble = null
      told = telling
      // It may have been given up while it was on its way: then it is counted twice rather than not at all.
      if (queue[0] === first) queue.shift()
    }
  }

  async function tick(): Promise<void> {
    collect()
    sending ??= drain().finally(() => {
      sending = undefined
    })
    await sending
  }

  const timer = setInterval(() => void tick(), EVERY_MS)
  timer.unref()
  return {
    tick,
    waiting: () => queue.length,
    dropped: () => dropped,
    trouble: () => trouble,
    async close() {
      clearInterval(timer)
      const last = async (): Promise<void> => {
        await sending
        await tick()
      }
      await Promise.race([last(), pause(DRAIN_MS, undefined, { ref: false })])
      sink.close()
    },
  }
}

/** Levels as they are; of counts what came since the last call, if anything did. */
function growthOf(own: () => OwnValues): () => OwnValues {
  const before = new Map<string, number>()
  return () => {
    const now = own()
    const values: [string, number][] = []
    for (const name of PROCESS_METRIC_NAMES) {
      const value = now[name]
      if (value === undefined) continue
      const level = PROCESS_METRICS[name].shows === "level"
      const told = level ? value : value - (before.get(name) ?? 0)
      before.set(name, value)
      if (level || told > 0) values.push([name, told])
    }
    return Object.fromEntries(values)
  }
}

function countsOf(reading: Reading | undefined): number {
  return (reading?.cells ?? []).reduce((sum, { count }) => sum + count, 0)
}
