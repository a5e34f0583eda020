import {
  PROCESS_METRICS,
  SECURITY_METRIC_NAMES,
  SECURITY_METRICS,
  type SecurityMetric,
} from "../telemetry/security-metrics.ts"

type SecurityCounter = (typeof SECURITY_METRICS)[SecurityMetric]["prometheus"]

/** The rows of what is counted from entries: the same numbers that CloudWatch gets. */
const SECURITY_ROWS = Object.fromEntries(
  SECURITY_METRIC_NAMES.map((metric) => {
    const { prometheus, about, dimensions } = SECURITY_METRICS[metric]
    const labels = dimensions.map((dimension) => dimension.toLowerCase())
    return [prometheus, { type: "counter", labels, help: `${about}; CloudWatch's ${metric}` }]
  }),
) as unknown as Readonly<Record<SecurityCounter, { type: "counter"; labels: readonly string[]; help: string }>>

/** Every metric there is. Labels hold routes, codes and parts; never a secret's, a person's or a caller's name. */
export const METRICS = {
  tyler_build_info: { type: "gauge", labels: ["version"], help: "Always 1" },
  tyler_http_answers_total: {
    type: "counter",
    labels: ["method", "route", "status"],
    help: "Answers; the route is none for requests that reached no route",
  },
  tyler_refusals_total: {
    type: "counter",
    labels: ["code"],
    help: "Refusals by code, those inside a batch too",
  },
  tyler_quota_refusals_total: { type: "counter", labels: ["scope"], help: "Daily limits that refused, by whose limit" },
  tyler_unavailable_total: {
    type: "counter",
    labels: ["cause"],
    help: "Requests refused because the database or AWS did not do its part",
  },
  tyler_part_up: { type: "gauge", labels: ["part"], help: "1 for a part that works; as /api/ready says" },
  tyler_ledger_waiting: { type: "gauge", labels: [], help: "Acts handed to the audit ledger and not yet durable" },
  tyler_ledger_acts_total: { type: "counter", labels: [], help: "Acts recorded by this process" },
  tyler_ledger_moved_total: {
    type: "counter",
    labels: [],
    help: "Acts decided anew because something had changed meanwhile",
  },
  tyler_ledger_failures_total: { type: "counter", labels: [], help: "Calls that the ledger failed or turned away" },
  tyler_audit_entries: { type: "gauge", labels: [], help: "Entries in the audit log" },
  tyler_audit_last_entry_timestamp_seconds: { type: "gauge", labels: [], help: "When the newest entry was made" },
  tyler_audit_checkpoint_timestamp_seconds: {
    type: "gauge",
    labels: [],
    help: "When this process last signed a checkpoint",
  },
  tyler_mirror_checkpoint_timestamp_seconds: {
    type: "gauge",
    labels: [],
    help: "When this process last wrote a checkpoint to the mirror",
  },
  ...SECURITY_ROWS,
  tyler_heartbeat_total: { type: "counter", labels: [], help: PROCESS_METRICS.Heartbeat.about },
  tyler_audit_write_failed_total: { type: "counter", labels: [], help: PROCESS_METRICS.AuditWriteFailed.about },
  tyler_mirror_failing: { type: "gauge", labels: [], help: PROCESS_METRICS.MirrorFailing.about },
  tyler_rotations_overdue: { type: "gauge", labels: [], help: PROCESS_METRICS.RotationsOverdue.about },
  tyler_metrics_waiting: {
    type: "gauge",
    labels: [],
    help: "Readings of these counters that CloudWatch is yet to take",
  },
  tyler_metrics_dropped_total: {
    type: "counter",
    labels: [],
    help: "Counts given up because CloudWatch took none for an hour",
  },
  tyler_mirror_entries_waiting: {
    type: "gauge",
    labels: ["mirror"],
    help: "Audit entries not yet in a mirror of entries, as far as this process knows",
  },
  tyler_shared_cache_looks_total: {
    type: "counter",
    labels: ["outcome"],
    help: "Looks at Redis: hit, miss, disbelieved (an entry that did not open or had not the right time), or unanswered",
  },
  tyler_notifications_waiting: {
    type: "gauge",
    labels: [],
    help: "Notifications not yet delivered, over all replicas, when this process last looked",
  },
  tyler_notification_attempts_total: {
    type: "counter",
    labels: ["channel", "outcome"],
    help: "Attempts to send: delivered, retry, given_up, or lost to another sender",
  },
  tyler_notifications_dropped_total: {
    type: "counter",
    labels: [],
    help: "Notifications dropped because more than 10,000 waited",
  },
  process_resident_memory_bytes: { type: "gauge", labels: [], help: "Resident memory" },
  process_cpu_seconds_total: { type: "counter", labels: [], help: "User and system CPU time" },
  process_start_time_seconds: { type: "gauge", labels: [], help: "When the process started" },
  nodejs_heap_size_used_bytes: { type: "gauge", labels: [], help: "JavaScript heap in use" },
} as const satisfies Readonly<Record<string, Declared>>

interface Declared {
  readonly type: "counter" | "gauge"
  readonly labels: readonly string[]
  readonly help: string
}

export type MetricName = keyof typeof METRICS

export interface Sample {
  /** In the order in which the table names the labels. */
  readonly labels: readonly string[]
  readonly value: number
}

/** A bare number: the one sample of a metric without labels. Null and absent: not known at the moment. */
export type Samples = Readonly<Partial<Record<MetricName, readonly Sample[] | number | null>>>

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"

/** Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function exposition(samples: Samples): string {
  const lines: string[] = []
  for (const [name, { type, labels, help }] of Object.entries(METRICS) as [MetricName, Declared][]) {
    const given = samples[name] ?? []
    const rows = typeof given === "number" ? [{ labels: [], value: given }] : given
    if (rows.length === 0) continue
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const row of rows) lines.push(`${name}${labelText(labels, row.labels)} ${row.value}`)
  }
  return `${lines.join("\n")}\n`
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return ""
  return `{${names.map((name, at) => `${name}="${escaped(values[at] ?? "")}"`).join(",")}}`
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n" }

function escaped(value: string): string {
  return value.replaceAll(/[\\"\n]/g, (char) => ESCAPES[char] ?? "")
}
