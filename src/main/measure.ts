import type { Mirror } from "../adapters/local/mirror.ts"
import type { Samples } from "../http/metrics.ts"
import type { LedgerMeter } from "./ledger-meter.ts"

/** What the process knows of itself, when it is asked. */
export function measureOf(meter: LedgerMeter, mirror: Pick<Mirror, "writtenAt">): () => Samples {
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
      process_resident_memory_bytes: memory.rss,
      process_cpu_seconds_total: (user + system) / 1_000_000,
      process_start_time_seconds: performance.timeOrigin / 1000,
      nodejs_heap_size_used_bytes: memory.heapUsed,
    }
  }
}

function seconds(at: number | null): number | null {
  return at === null ? null : at / 1000
}
