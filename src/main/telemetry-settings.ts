import { isLoopbackName } from "../http/address.ts"
import { type Kind, shaped } from "./kinds.ts"
import type { Has } from "./rules.ts"
import type { SettingName, Values } from "./settings.ts"
import { bareHost } from "./urls.ts"

/** Where the metrics of `telemetry/security-metrics.ts` go beside Prometheus: one way, for AWS would count twice. */
export type MetricsConfig =
  | { readonly by: "put"; readonly namespace: string }
  | { readonly by: "stdout"; readonly namespace: string }
  | { readonly by: "logs"; readonly namespace: string; readonly group: string }

export interface ObjectLock {
  readonly mode: "COMPLIANCE" | "GOVERNANCE"
  readonly days: number
}

export interface MirrorsConfig {
  /** Entries beside the checkpoints in TYLER_MIRROR_DIR. */
  readonly file: boolean
  readonly logs: { readonly group: string; readonly stream: string } | null
  readonly s3: {
    readonly bucket: string
    /** Without a slash at the end. */
    readonly prefix: string
    /** null: as the bucket has it. */
    readonly lock: ObjectLock | null
    readonly seconds: number
    readonly entries: number
  } | null
  /** Entries that may wait before nothing is recorded any more; null: any number. */
  readonly maxWaiting: number | null
}

export const metricNamespace: Kind<string> = shaped("a CloudWatch namespace", /^(?!AWS\/)[A-Za-z0-9._/#:-]{1,255}$/)
export const logGroup: Kind<string> = shaped("a log group name", /^[A-Za-z0-9._/#-]{1,512}$/)
/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html; room for a suffix. */
export const logStreamName: Kind<string> = shaped("a log stream name", /^[A-Za-z0-9._/#-]{1,480}$/)
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName: Kind<string> = shaped("a bucket name", /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
export const objectPrefix: Kind<string> = shaped(
  "a key prefix without slashes at its ends",
  /^[A-Za-z0-9!_.*'()-]+(\/[A-Za-z0-9!_.*'()-]+){0,20}$/,
)

/** Where OTLP over HTTP is spoken: `/v1/traces` is added, as the standard has it for the endpoint of all signals. */
export const otlpEndpoint: Kind<string> = {
  accepts: "`https://` URL; `http://` on this machine or in development",
  parse: (text) => {
    const url = URL.parse(text)
    if (url === null || !["http:", "https:"].includes(url.protocol)) return { fault: "must be an https:// URL" }
    if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
      return { fault: "must not carry a user, a query or a fragment" }
    return { value: url.href.replace(/\/+$/, "") }
  },
}

/** Rules that join several of these variables. */
export function telemetryFaults(values: Values, has: Has): string[] {
  const faults = [...metricFaults(values, has), ...mirrorFaults(values, has)]
  const otlp = URL.parse(values.OTEL_EXPORTER_OTLP_ENDPOINT ?? "")
  if (otlp?.protocol === "http:" && !isLoopbackName(bareHost(otlp)) && values.TYLER_ENVIRONMENT !== "development")
    faults.push("OTEL_EXPORTER_OTLP_ENDPOINT must be https:// unless its host is this machine")
  return faults
}

function metricFaults(values: Values, has: Has): string[] {
  const faults: string[] = []
  for (const name of ["CLOUDWATCH_LOG_GROUP", "CLOUDWATCH_METRICS"] as const)
    if (has(name) && !has("CLOUDWATCH_NAMESPACE")) faults.push(`${name} has no meaning without CLOUDWATCH_NAMESPACE`)
  if (values.CLOUDWATCH_METRICS === "logs" && !has("CLOUDWATCH_LOG_GROUP"))
    faults.push("CLOUDWATCH_METRICS=logs needs CLOUDWATCH_LOG_GROUP")
  if (has("CLOUDWATCH_NAMESPACE") && values.CLOUDWATCH_METRICS !== "stdout" && !has("AWS_REGION"))
    faults.push("CLOUDWATCH_NAMESPACE needs AWS_REGION (or CLOUDWATCH_METRICS=stdout): no Region is assumed")
  return faults
}

function mirrorFaults(values: Values, has: Has): string[] {
  const faults: string[] = []
  const needs = (name: SettingName, needed: SettingName): void => {
    if (has(name) && !has(needed)) faults.push(`${name} has no meaning without ${needed}`)
  }
  needs("AUDIT_MIRROR_LOG_STREAM", "AUDIT_MIRROR_LOG_GROUP")
  for (const name of ["PREFIX", "LOCK", "LOCK_DAYS", "SECONDS", "ENTRIES"] as const)
    needs(`AUDIT_MIRROR_S3_${name}`, "AUDIT_MIRROR_S3_BUCKET")
  if (has("AUDIT_MIRROR_S3_LOCK") !== has("AUDIT_MIRROR_S3_LOCK_DAYS"))
    faults.push("AUDIT_MIRROR_S3_LOCK and AUDIT_MIRROR_S3_LOCK_DAYS must be set together")
  for (const name of ["AUDIT_MIRROR_LOG_GROUP", "AUDIT_MIRROR_S3_BUCKET"] as const)
    if (has(name) && !has("AWS_REGION")) faults.push(`${name} needs AWS_REGION: no Region is assumed`)
  const anywhere = has("AUDIT_MIRROR_LOG_GROUP") || has("AUDIT_MIRROR_S3_BUCKET") || values.AUDIT_MIRROR_FILE === true
  if (has("AUDIT_MIRROR_MAX_WAITING") && !anywhere)
    faults.push("AUDIT_MIRROR_MAX_WAITING has no meaning without a mirror of entries")
  // Who reads the metrics' log group would read who asked for which secret, and why.
  if (has("AUDIT_MIRROR_LOG_GROUP") && values.AUDIT_MIRROR_LOG_GROUP === values.CLOUDWATCH_LOG_GROUP)
    faults.push("AUDIT_MIRROR_LOG_GROUP must be another log group than CLOUDWATCH_LOG_GROUP: entries name people")
  return faults
}

export function metricsOf(values: Values): MetricsConfig | null {
  const { CLOUDWATCH_NAMESPACE: namespace, CLOUDWATCH_LOG_GROUP: group, CLOUDWATCH_METRICS: asked } = values
  if (namespace === undefined) return null
  const by = asked ?? (group === undefined ? "put" : "logs")
  return by === "logs" ? { by, namespace, group: group ?? "" } : { by, namespace }
}

const STREAM = "tyler-audit"
const PREFIX = "tyler-audit"
const SECONDS = 60
const ENTRIES = 1000

export function mirrorsOf(values: Values): MirrorsConfig {
  const { AUDIT_MIRROR_LOG_GROUP: group, AUDIT_MIRROR_S3_BUCKET: bucket } = values
  return {
    file: values.AUDIT_MIRROR_FILE ?? false,
    logs: group === undefined ? null : { group, stream: values.AUDIT_MIRROR_LOG_STREAM ?? STREAM },
    s3:
      bucket === undefined
        ? null
        : {
            bucket,
            prefix: values.AUDIT_MIRROR_S3_PREFIX ?? PREFIX,
            lock: lockOf(values),
            seconds: values.AUDIT_MIRROR_S3_SECONDS ?? SECONDS,
            entries: values.AUDIT_MIRROR_S3_ENTRIES ?? ENTRIES,
          },
    maxWaiting: values.AUDIT_MIRROR_MAX_WAITING ?? null,
  }
}

function lockOf(values: Values): ObjectLock | null {
  const { AUDIT_MIRROR_S3_LOCK: mode, AUDIT_MIRROR_S3_LOCK_DAYS: days } = values
  if (mode === undefined || days === undefined) return null
  return { mode: mode === "compliance" ? "COMPLIANCE" : "GOVERNANCE", days }
}
