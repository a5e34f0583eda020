import type { CheckRow, Checked } from "./checks.ts"
import { EMF_STREAM } from "./emf-sink.ts"
import { notTried } from "./findings.ts"
import { logChecks } from "./log-checks.ts"
import type { LogPlace } from "./log-stream.ts"
import { s3Checks } from "./s3-checks.ts"
import type { S3MirrorPlace } from "./s3-mirror.ts"

/** Metrics and mirrors as far as they go to AWS; null: not there. */
export interface Copies {
  readonly metrics:
    | { readonly by: "put"; readonly namespace: string }
    | { readonly by: "logs"; readonly group: string }
    | null
  readonly logs: LogPlace | null
  readonly s3: S3MirrorPlace | null
}

/** What metrics and mirrors of audit entries need. */
export function telemetryChecks({ place, copies, now }: Pick<Checked, "place" | "copies" | "now">): CheckRow[] {
  const { metrics, logs, s3 } = copies
  const checks: CheckRow[] = []
  if (metrics?.by === "put") checks.push(putMetricData(metrics.namespace))
  if (metrics?.by === "logs") checks.push(...logChecks(place, { group: metrics.group, stream: EMF_STREAM }, "metrics"))
  if (metrics !== null) checks.push(alarmCheck("DescribeAlarms"), alarmCheck("PutMetricAlarm"))
  if (logs !== null) checks.push(...logChecks(place, logs, "logs mirror"))
  if (s3 !== null) checks.push(...s3Checks(place, s3, now))
  return checks
}

function alarmCheck(operation: string): CheckRow {
  return {
    name: `alarms ${operation}`,
    on: "alarms tyler-setup-*",
    tried: "not tried",
    run: async () => notTried("the service needs it not, only whoever runs tyler-server aws alarms apply"),
  }
}

function putMetricData(namespace: string): CheckRow {
  return {
    name: "metrics PutMetricData",
    on: `* with cloudwatch:namespace ${namespace}`,
    tried: "not tried",
    run: async () => notTried("whatever AWS takes makes a metric, which stays for 15 months"),
  }
}
