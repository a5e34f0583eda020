import { type Dimension, MASS_READING, type ProcessMetric, type SecurityMetric } from "../telemetry/security-metrics.ts"

/** Where an alarm exists: CloudWatch (or EventBridge), this service by itself, Prometheus. */
export type Side = "aws" | "service" | "prometheus"

/** Counted from audit entries. The dimensions are one of the sets in which the metric is published. */
interface MetricWatch {
  readonly by: "metric"
  readonly metric: SecurityMetric
  readonly dimensions: Readonly<Partial<Record<Dimension, string>>>
}

/**
 * Found by this service, which alone knows who is who: one person or program with more different secrets in a period
 * than the limit. Outside it is told as a metric, counted from the entry of the alarm; there one is too many.
 */
interface ActorWatch {
  readonly by: "actor"
  readonly metric: SecurityMetric
  readonly of: Omit<MetricWatch, "by">
}

/** Told by each process of itself, see PROCESS_METRICS. */
interface OwnWatch {
  readonly by: "own"
  readonly metric: ProcessMetric
}

/** Events of EventBridge, from CloudTrail: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html */
interface EventWatch {
  readonly by: "events"
  readonly pattern: Readonly<Record<string, unknown>>
}

export interface Alarm {
  /** In CloudWatch, in Prometheus, in our own entries and messages. */
  readonly name: `tyler-setup-${string}`
  /** What it says, one sentence. */
  readonly text: string
  /** `docs/runbooks/SLUG.md` */
  readonly runbook: string
  readonly watch: MetricWatch | ActorWatch | OwnWatch | EventWatch
  /** Raised beyond it, on the side that the comparison says. */
  readonly threshold: number
  readonly comparison: ">" | "<"
  readonly periodSeconds: number
  /** So many periods in a row. */
  readonly periods: number
  readonly statistic: "Sum" | "Maximum"
  /** In CloudWatch: what no data means. Nothing is sent when nothing happened, so mostly nothing. */
  readonly missing: "notBreaching" | "breaching"
  readonly sides: readonly Side[]
  /** The variable that sets another threshold; null: it is what it is. */
  readonly setting: ThresholdSetting | null
  /**
   * Whether each such event is a mail to all other admins and auditors already, which says more. The alarm is then mailed
   * to the addresses that are configured for alarms, if any, and to nobody a second time.
   */
  readonly mailed: boolean
}

export type ThresholdSetting = "ALARM_SECRET_ACCESS" | "ALARM_FAILED_ACCESS" | "ALARM_MASS_READING"

const EVERYWHERE: readonly Side[] = ["aws", "service", "prometheus"]

/** One event is one too many. */
const ANY = {
  threshold: 0,
  comparison: ">",
  periodSeconds: 60,
  periods: 1,
  statistic: "Sum",
  missing: "notBreaching",
  sides: EVERYWHERE,
  setting: null,
  mailed: false,
} as const

/** So many in five minutes. */
const BURST = { ...ANY, periodSeconds: 300 } as const

/** As it stood, at its worst, for five minutes. */
const LASTING = { ...ANY, periods: 5, statistic: "Maximum" } as const

/** Every alarm there is. CloudWatch's, Prometheus' and our own are made from these rows. */
export const ALARMS: readonly Alarm[] = [
  {
    ...BURST,
    name: "tyler-setup-high-secret-access",
    text: "More values were asked for in five minutes than is usual.",
    runbook: "high-secret-access",
    watch: { by: "metric", metric: "SecretAccess", dimensions: {} },
    threshold: 50,
    setting: "ALARM_SECRET_ACCESS",
  },
  {
    ...BURST,
    name: "tyler-setup-failed-secret-access",
    text: "Many requests for values were refused or failed within five minutes.",
    runbook: "failed-secret-access",
    watch: { by: "metric", metric: "SecretAccess", dimensions: { Result: "FAILURE" } },
    threshold: 10,
    setting: "ALARM_FAILED_ACCESS",
  },
  {
    ...ANY,
    name: "tyler-setup-secret-deletion",
    text: "The deletion of a secret was asked for.",
    runbook: "secret-deletion",
    watch: { by: "metric", metric: "SecretOperation", dimensions: { Operation: "DELETE" } },
  },
  {
    ...ANY,
    name: "tyler-setup-forced-purge",
    text: "A secret was destroyed at once: there is no window in which it can be brought back.",
    runbook: "forced-purge",
    watch: { by: "metric", metric: "ForcedPurge", dimensions: {} },
  },
  {
    ...BURST,
    name: MASS_READING,
    text: "One person or program was given values of many different secrets within five minutes.",
    runbook: "mass-reading",
    watch: {
      by: "actor",
      metric: "MassReading",
      of: { metric: "SecretAccess", dimensions: { Result: "SUCCESS" } },
    },
    threshold: 30,
    setting: "ALARM_MASS_READING",
  },
  {
    ...ANY,
    name: "tyler-setup-audit-write-failure",
    text: "The audit log could not be written, so requests are refused.",
    runbook: "audit-write-failure",
    watch: { by: "own", metric: "AuditWriteFailed" },
  },
  {
    ...ANY,
    name: "tyler-setup-heartbeat-missing",
    text: "No process has said for three minutes that it lives and can record.",
    runbook: "heartbeat-missing",
    watch: { by: "own", metric: "Heartbeat" },
    threshold: 1,
    comparison: "<",
    periods: 3,
    missing: "breaching",
    // Who is gone cannot say so.
    sides: ["aws", "prometheus"],
  },
  {
    ...ANY,
    name: "tyler-setup-rotation-failed",
    text: "A rotation failed; the value in use is the one from before.",
    runbook: "rotation-failed",
    watch: { by: "metric", metric: "SecretOperation", dimensions: { Operation: "ROTATE", Outcome: "FAILURE" } },
  },
  {
    ...LASTING,
    name: "tyler-setup-rotation-overdue",
    text: "A scheduled rotation was due, or failed, more than an hour ago and is not done.",
    runbook: "rotation-overdue",
    watch: { by: "own", metric: "RotationsOverdue" },
  },
  {
    ...ANY,
    name: "tyler-setup-break-glass",
    text: "Somebody has opened secrets in an emergency, without waiting for an approval.",
    runbook: "break-glass",
    watch: { by: "metric", metric: "SecurityAudit", dimensions: { Action: "BREAK_GLASS", Outcome: "SUCCESS" } },
    mailed: true,
  },
  {
    ...ANY,
    name: "tyler-setup-policy-loosened",
    text: "A change of the policies asks less of somebody than before.",
    runbook: "policy-loosened",
    watch: { by: "metric", metric: "PolicyLoosened", dimensions: {} },
  },
  {
    ...BURST,
    name: "tyler-setup-lock-outs",
    text: "Many attempts to sign in were turned away within five minutes, for too many had failed before.",
    runbook: "lock-outs",
    watch: { by: "metric", metric: "LockOut", dimensions: {} },
    threshold: 10,
  },
  {
    ...ANY,
    name: "tyler-setup-row-tampered",
    text: "A stored row that grants something, or the policies, were written past this service.",
    runbook: "row-tampered",
    watch: { by: "metric", metric: "Tampered", dimensions: {} },
  },
  {
    ...ANY,
    name: "tyler-setup-clock-step",
    text: "The clock of a server stepped; purges and schedules wait until it is steady.",
    runbook: "clock-step",
    watch: { by: "metric", metric: "SecurityAudit", dimensions: { Action: "CLOCK_STEP", Outcome: "SUCCESS" } },
  },
  {
    ...LASTING,
    name: "tyler-setup-mirror-backlog",
    text: "More than 1,000 audit entries have waited for a mirror for five minutes.",
    runbook: "mirror-backlog",
    watch: { by: "own", metric: "MirrorBacklog" },
    threshold: 1000,
  },
  {
    ...LASTING,
    name: "tyler-setup-mirror-failing",
    text: "A mirror of the audit log has taken nothing for five minutes.",
    runbook: "mirror-failing",
    watch: { by: "own", metric: "MirrorFailing" },
  },
  {
    ...ANY,
    name: "tyler-setup-key-or-trail-tampering",
    text: "Somebody has changed a KMS key or CloudTrail itself.",
    runbook: "key-or-trail-tampering",
    watch: {
      by: "events",
      pattern: {
        source: ["aws.kms", "aws.cloudtrail"],
        "detail-type": ["AWS API Call via CloudTrail"],
        detail: {
          eventSource: ["kms.amazonaws.com", "cloudtrail.amazonaws.com"],
          eventName: [
            "DisableKey",
            "ScheduleKeyDeletion",
            "PutKeyPolicy",
            "DisableKeyRotation",
            "DeleteImportedKeyMaterial",
            "DeleteAlias",
            "UpdateAlias",
            "StopLogging",
            "DeleteTrail",
            "UpdateTrail",
            "PutEventSelectors",
          ],
        },
      },
    },
    sides: ["aws"],
  },
]

/** Thresholds that the configuration sets; what it does not name stays as the row has it. */
export type Thresholds = Readonly<Partial<Record<ThresholdSetting, number>>>

export function thresholdOf({ setting, threshold }: Alarm, set: Thresholds): number {
  return setting === null ? threshold : (set[setting] ?? threshold)
}
