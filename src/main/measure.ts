import type { Mirror } from "../adapters/local/mirror.ts"
import type { Sample, Samples } from "../http/metrics.ts"
import type { LedgerMeter } from "./ledger-meter.ts"
import type { NoticeMeter } from "./notifying.ts"

/** What the process knows of itself, when it is asked. */
export function measureOf(meter: LedgerMeter, notices: NoticeMeter, mirror: Pick<Mirror, "writtenAt">): () => Samples {
  return () => {
    const { user, system } = process.cpuUsage()
    const memory = process.memoryUsage()
    return {
      tyler_ledger_waiting: meter.waiting,
      tyler_ledger_acts_total: meter.recorded,
      tyler_ledger_moved_total: meter.moved,
      tyler_ledger_failures_total: meter.failures,
      tyler_audit_checkpoint_timestamp_seconds: seconds(meter.checkpointAt),
      tyler_mirror_checkpoint_timestamp_seconds: seconds(mirror.writtenAt()),
      tyler_notifications_waiting: notices.waiting,
      tyler_notification_attempts_total: attemptsOf(notices),
      tyler_notifications_dropped_total: notices.dropped,
      process_resident_memory_bytes: memory.rss,
      process_cpu_seconds_total: (user + system) / 1_000_000,
      process_start_time_seconds: performance.timeOrigin / 1000,
      nodejs_heap_size_used_bytes: memory.heapUsed,
    }
  }
}

function attemptsOf({ attempts }: NoticeMeter): readonly Sample[] {
  return Object.entries(attempts).flatMap(([channel, outcomes]) =>
    Object.entries(outcomes).map(([outcome, value]) => ({ labels: [channel, outcome], value })),
  )
}

function seconds(at: number | null): number | null {
  return at === null ? null : at / 1000
}
