import type { EntryRow } from "../state/rows.ts"

/** The part of an entry that is counted. */
export type Countable = Pick<EntryRow, "action" | "result" | "resourceType" | "resourceName" | "decision" | "details">

/** Categories that are told apart. Names are callers' to choose, so any other would be a series of its own, and a cost. */
export const CATEGORIES: ReadonlySet<string> = new Set(["database", "api-keys", "employee", "financial", "config"])

/**
 * What a metric may be split by. Each takes values of a closed set: no secret's name, no person, no address ever becomes
 * part of a series.
 */
export const DIMENSIONS = {
  /** SUCCESS, or FAILURE for all that came to nothing: the alarm on failed access is meant for refusals too. */
  Result: ({ result }) => (result === "DENIED" ? "FAILURE" : result),
  /** As the entry says it: DENIED by a rule, or FAILURE of a part. */
  Outcome: ({ result }) => result,
  Action: ({ action }) => action,
  Operation: ({ action }) => action,
  Category: ({ resourceName }) => {
    const category = resourceName.slice(0, Math.max(0, resourceName.indexOf("/")))
    return CATEGORIES.has(category) ? category : "other"
  },
} as const satisfies Readonly<Record<string, (entry: Countable) => string>>

export type Dimension = keyof typeof DIMENSIONS

interface Declared {
  /** CloudWatch's; an alarm must name the same one. */
  readonly unit: "Count"
  readonly about: string
  /** Prometheus' name for the same counter. */
  readonly prometheus: `tyler_${string}_total`
  /** Its `counts` looks at more than action, result, type and category. */
  readonly marked: boolean
  /** Which entries count, one each. */
  counts(entry: Countable): boolean
  readonly dimensions: readonly Dimension[]
  /**
   * CloudWatch adds nothing up over dimensions, so whatever is to be asked for is published as such: `[]` is the metric
   * without dimensions. Each holds only dimensions of the list above.
   */
  readonly sets: readonly (readonly Dimension[])[]
}

const ACCESS: ReadonlySet<string> = new Set(["GET", "GET_CACHED"])
const OPERATIONS: ReadonlySet<string> = new Set([
  "CREATE",
  "UPDATE",
  "PATCH",
  "ROLLBACK",
  "DELETE",
  "RESTORE",
  "PURGE",
  "ROTATE",
])

/** A change in AWS is an INTENT and an outcome, and now and then an UNKNOWN in between: it is one change. */
const OPEN_ENDED: ReadonlySet<string> = new Set(["INTENT", "UNKNOWN"])

/** Ways in that are closed for a while after too many failures: `identity/throttle.ts`. */
const WAYS_IN: ReadonlySet<string> = new Set(["LOGIN", "LOGIN_FACTOR", "STEP_UP"])

/** What an entry says that makes a change of the policies by which somebody has to show less than before. */
export const LOOSENED = "policyLoosened"
const CHANGES_POLICIES: ReadonlySet<string> = new Set([
  "POLICY_CREATE",
  "POLICY_CHANGE",
  "POLICY_DELETE",
  "ACCESS_APPROVE",
  "CHANGE_EFFECTIVE",
])
const SAYS_LOOSENED = new RegExp(`(?:^| )${LOOSENED}=true(?: |$)`)

/** What the entry of a purge says that somebody ordered past the recovery window. */
export const FORCED = "forced"
const SAYS_FORCED = new RegExp(`^${FORCED}(?: |$)`)

/** The entry of an alarm that this service has raised, and the name of that alarm. */
export const RAISED = "ALARM_RAISED"
export const MASS_READING = "tyler-setup-mass-reading"

/** Every metric that is counted from audit entries: what is published, and what alarms may be set on. */
export const SECURITY_METRICS = {
  SecretAccess: {
    unit: "Count",
    about: "Values that were asked for, masked or not: entries GET and GET_CACHED about secrets",
    prometheus: "tyler_secret_access_total",
    marked: false,
    counts: ({ resourceType, action }) => resourceType === "secret" && ACCESS.has(action),
    dimensions: ["Action", "Result", "Outcome", "Category"],
    sets: [[], ["Result"], ["Action", "Outcome"], ["Category", "Result"]],
  },
  SecretOperation: {
    unit: "Count",
    about: "Changes to secrets: entries CREATE, UPDATE, PATCH, ROLLBACK, DELETE, RESTORE, PURGE and ROTATE",
    prometheus: "tyler_secret_operation_total",
    marked: false,
    counts: ({ resourceType, action, result }) =>
      resourceType === "secret" && OPERATIONS.has(action) && !OPEN_ENDED.has(result),
    dimensions: ["Operation", "Result", "Outcome", "Category"],
    sets: [[], ["Result"], ["Operation"], ["Operation", "Outcome"], ["Category", "Result"]],
  },
  SecurityAudit: {
    unit: "Count",
    about: "Audit entries, all of them",
    prometheus: "tyler_security_audit_total",
    marked: false,
    counts: () => true,
    dimensions: ["Action", "Result", "Outcome"],
    sets: [[], ["Result"], ["Action", "Outcome"]],
  },
  LockOut: {
    unit: "Count",
    about: "Attempts to sign in or to step up that were not looked at, for too many had failed before",
    prometheus: "tyler_lock_out_total",
    marked: true,
    counts: ({ action, decision }) => decision === "rate_limited" && WAYS_IN.has(action),
    dimensions: [],
    sets: [[]],
  },
  PolicyLoosened: {
    unit: "Count",
    about: "Changes of policies after which somebody has to show less than before",
    prometheus: "tyler_policy_loosened_total",
    marked: true,
    counts: ({ action, result, details }) =>
      CHANGES_POLICIES.has(action) && result === "SUCCESS" && SAYS_LOOSENED.test(details ?? ""),
    dimensions: [],
    sets: [[]],
  },
  ForcedPurge: {
    unit: "Count",
    about: "Secrets destroyed at once, without a recovery window, because somebody ordered it",
    prometheus: "tyler_forced_purge_total",
    marked: true,
    counts: ({ action, result, details }) =>
      action === "PURGE" && result === "SUCCESS" && SAYS_FORCED.test(details ?? ""),
    dimensions: [],
    sets: [[]],
  },
  Tampered: {
    unit: "Count",
    about: "Stored rows that failed their authentication code: a row that grants something, or the policies",
    prometheus: "tyler_tampered_total",
    marked: true,
    counts: ({ action, decision }) => action === "ROW_TAMPERED" || decision === "policy_tampered",
    dimensions: [],
    sets: [[]],
  },
  MassReading: {
    unit: "Count",
    about: "Alarms raised here because one person or program read many secrets: docs/alarms.md",
    prometheus: "tyler_mass_reading_total",
    marked: true,
    counts: ({ action, resourceName }) => action === RAISED && resourceName === MASS_READING,
    dimensions: [],
    sets: [[]],
  },
} as const satisfies Readonly<Record<string, Declared>>

export type SecurityMetric = keyof typeof SECURITY_METRICS

export const SECURITY_METRIC_NAMES = Object.keys(SECURITY_METRICS) as readonly SecurityMetric[]

interface Own {
  readonly unit: "Count"
  readonly about: string
  readonly prometheus: `tyler_${string}`
  /** `count`: what happened since the last reading. `level`: how it stands. */
  readonly shows: "count" | "level"
}

/** What no entry tells: a process says it of itself. No dimensions. */
export const PROCESS_METRICS = {
  MetricsDropped: {
    unit: "Count",
    about: "Counts given up because CloudWatch took none for an hour",
    prometheus: "tyler_metrics_dropped_total",
    shows: "count",
  },
  Heartbeat: {
    unit: "Count",
    about: "Rounds, one in 10 seconds, in which the database answered and the audit log took what was recorded",
    prometheus: "tyler_heartbeat_total",
    shows: "count",
  },
  AuditWriteFailed: {
    unit: "Count",
    about: "Transactions of the audit log that failed, so that what they held was refused",
    prometheus: "tyler_audit_write_failed_total",
    shows: "count",
  },
  MirrorBacklog: {
    unit: "Count",
    about: "Audit entries that the mirror which lacks most has not got, as far as this process knows",
    prometheus: "tyler_mirror_entries_waiting",
    shows: "level",
  },
  MirrorFailing: {
    unit: "Count",
    about: "Mirrors, of checkpoints or of entries, whose last attempt failed",
    prometheus: "tyler_mirror_failing",
    shows: "level",
  },
  RotationsOverdue: {
    unit: "Count",
    about: "Scheduled rotations that were due an hour ago and are not done; told by one of all replicas",
    prometheus: "tyler_rotations_overdue",
    shows: "level",
  },
} as const satisfies Readonly<Record<string, Own>>

export type ProcessMetric = keyof typeof PROCESS_METRICS

export const PROCESS_METRIC_NAMES = Object.keys(PROCESS_METRICS) as readonly ProcessMetric[]
