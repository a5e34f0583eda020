import { PROCESS_METRICS, SECURITY_METRICS } from "../telemetry/security-metrics.ts"
import { type Alarm, ALARMS, thresholdOf, type Thresholds } from "./table.ts"

/** One alarm as CloudWatch's PutMetricAlarm takes it. */
export interface CloudWatchAlarm {
  readonly AlarmName: string
  /** At most 1,024 characters. */
  readonly AlarmDescription: string
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
  readonly Unit: "Count"
  readonly Statistic: "Sum" | "Maximum"
  readonly Period: number
  readonly EvaluationPeriods: number
  readonly DatapointsToAlarm: number
  readonly Threshold: number
  readonly ComparisonOperator: "GreaterThanThreshold" | "LessThanThreshold"
  readonly TreatMissingData: "notBreaching" | "breaching"
  readonly ActionsEnabled: true
  readonly AlarmActions: readonly string[]
  readonly OKActions: readonly string[]
}

export interface AlarmPlace {
  readonly namespace: string
  /** Of the SNS topic that is told of both ALARM and OK. */
  readonly topicArn: string
  readonly thresholds: Thresholds
  /** From the slug of a runbook to where it stands. */
  readonly runbook: (slug: string) => string
}

/** Every alarm of the table that CloudWatch can watch. */
export function cloudWatchAlarms(place: AlarmPlace): readonly CloudWatchAlarm[] {
  return ALARMS.filter(({ sides, watch }) => sides.includes("aws") && watch.by !== "events").map((alarm) =>
    cloudWatchAlarm(alarm, place),
  )
}

/** Rows that EventBridge watches, not CloudWatch. */
export const EVENT_ALARMS: readonly Alarm[] = ALARMS.filter(({ watch }) => watch.by === "events")

function cloudWatchAlarm(alarm: Alarm, { namespace, topicArn, thresholds, runbook }: AlarmPlace): CloudWatchAlarm {
  const { metric, unit, dimensions } = metricOf(alarm)
  // What the service finds by itself arrives as one count for each finding.
  const found = alarm.watch.by === "actor"
  return {
    AlarmName: alarm.name,
    AlarmDescription: `${alarm.text} Runbook: ${runbook(alarm.runbook)}`,
    Namespace: namespace,
    MetricName: metric,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Unit: unit,
    Statistic: alarm.statistic,
    Period: alarm.periodSeconds,
    EvaluationPeriods: alarm.periods,
    DatapointsToAlarm: alarm.periods,
    Threshold: found ? 0 : thresholdOf(alarm, thresholds),
    ComparisonOperator: alarm.comparison === ">" ? "GreaterThanThreshold" : "LessThanThreshold",
    TreatMissingData: alarm.missing,
    ActionsEnabled: true,
    AlarmActions: [topicArn],
    OKActions: [topicArn],
  }
}

function metricOf({ name, watch }: Alarm) {
  if (watch.by === "events") throw new Error(`${name} watches events, and no metric`)
  const { metric } = watch
  if (watch.by === "own") return { metric, unit: PROCESS_METRICS[watch.metric].unit, dimensions: {} }
  const dimensions = watch.by === "metric" ? watch.dimensions : {}
  return { metric, unit: SECURITY_METRICS[watch.metric].unit, dimensions }
}
