import type { Mirror } from "../adapters/local/mirror.ts"
import type { MetricName, Sample, Samples } from "../http/metrics.ts"
import { LOOK_OUTCOMES, type SharedCacheState } from "../secrets/shared-cache.ts"
import { SECURITY_METRICS } from "../telemetry/security-metrics.ts"
import type { OwnValues } from "../telemetry/sink.ts"
import type { Tally } from "../telemetry/tally.ts"
import type { LedgerMeter } from "./ledger-meter.ts"
import type { Mirroring } from "./mirroring.ts"
import type { NoticeMeter } from "./notifying.ts"
import type { Publishing } from "./publishing.ts"

interface Measured {
  readonly values: () => OwnValues
  readonly meter: LedgerMeter
  readonly notices: NoticeMeter
  readonly mirror: Pick<Mirror, "writtenAt">
  readonly mirroring: Pick<Mirroring, "states">
  readonly tally: Tally
  /** Null: Prometheus only. */
  readonly publishing: Publishing | null
  /** Null: the replicas share no cache. */
  readonly shared: SharedCacheState | null
}

/** What the process knows of itself, when it is asked. */
export function measureOf({
  values,
  meter,
  notices,
  mirror,
  mirroring,
  tally,
  publishing,
  shared,
}: Measured): () => Samples {
  return () => {
    const { user, system } = process.cpuUsage()
    const memory = process.memoryUsage()
    const own = values()
    return {
      tyler_ledger_waiting: meter.waiting,
      tyler_ledger_acts_total: meter.recorded,
      tyler_ledger_moved_total: meter.moved,
      tyler_ledger_failures_total: meter.failures,
      tyler_audit_checkpoint_timestamp_seconds: seconds(meter.checkpointAt),
      tyler_mirror_checkpoint_timestamp_seconds: seconds(mirror.writtenAt()),
      ...securityOf(tally),
      tyler_heartbeat_total: own.Heartbeat ?? null,
      tyler_audit_write_failed_total: own.AuditWriteFailed ?? null,
      tyler_mirror_failing: own.MirrorFailing ?? null,
      tyler_rotations_overdue: own.RotationsOverdue ?? null,
      tyler_metrics_waiting: publishing?.waiting() ?? null,
      tyler_metrics_dropped_total: publishing?.dropped() ?? null,
      tyler_mirror_entries_waiting: waitingOf(mirroring),
      tyler_shared_cache_looks_total: looksOf(shared),
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

function securityOf(tally: Tally): Samples {
  const samples: Partial<Record<MetricName, Sample[]>> = {}
  for (const { metric, dimensions, count } of tally.totals()) {
    const { prometheus, dimensions: names } = SECURITY_METRICS[metric]
    const labels = names.map((name) => dimensions[name] ?? "none")
    ;(samples[prometheus] ??= []).push({ labels, value: count })
  }
  return samples
}

function waitingOf(mirroring: Pick<Mirroring, "states">): readonly Sample[] {
  return mirroring
    .states()
    .flatMap(({ name, waiting }) => (waiting === null ? [] : [{ labels: [name], value: waiting }]))
}

function looksOf(shared: SharedCacheState | null): readonly Sample[] {
  return shared === null ? [] : LOOK_OUTCOMES.map((outcome) => ({ labels: [outcome], value: shared.looks[outcome] }))
}

function attemptsOf({ attempts }: NoticeMeter): readonly Sample[] {
  return Object.entries(attempts).flatMap(([channel, outcomes]) =>
    Object.entries(outcomes).map(([outcome, value]) => ({ labels: [channel, outcome], value })),
  )
}

function seconds(at: number | null): number | null {
  return at === null ? null : at / 1000
}
