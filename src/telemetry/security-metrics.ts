import type { EntryRow } from "../state/rows.ts"

/** The part of an entry that is counted. */
export type Countable = Pick<EntryRow, "action" | "result" | "resourceType" | "resourceName">

/** Categories that are told apart. Names are callers' to choose, so any other would be a series of its own, and a cost. */
const CATEGORIES: ReadonlySet<string> = new Set(["database", "api-keys", "employee", "financial", "config"])

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

/** Every metric that is counted from audit entries: what is published, and what alarms may be set on. */
export const SECURITY_METRICS = {
  SecretAccess: {
    unit: "Count",
    about: "Values that were asked for, masked or not: entries GET and GET_CACHED about secrets",
    prometheus: "tyler_secret_access_total",
    counts: ({ resourceType, action }) => resourceType === "secret" && ACCESS.has(action),
    dimensions: ["Action", "Result", "Outcome", "Category"],
    sets: [[], ["Result"], ["Action", "Outcome"], ["Category", "Result"]],
  },
  SecretOperation: {
    unit: "Count",
    about: "Changes to secrets: entries CREATE, UPDATE, PATCH, ROLLBACK, DELETE, RESTORE, PURGE and ROTATE",
    prometheus: "tyler_secret_operation_total",
    counts: ({ resourceType, action, result }) =>
      resourceType === "secret" && OPERATIONS.has(action) && !OPEN_ENDED.has(result),
    dimensions: ["Operation", "Result", "Outcome", "Category"],
    sets: [[], ["Result"], ["Operation"], ["Operation", "Outcome"], ["Category", "Result"]],
  },
  SecurityAudit: {
    unit: "Count",
    about: "Audit entries, all of them",
    prometheus: "tyler_security_audit_total",
    counts: () => true,
    dimensions: ["Action", "Result", "Outcome"],
    sets: [[], ["Result"], ["Action", "Outcome"]],
  },
} as const satisfies Readonly<Record<string, Declared>>

export type SecurityMetric = keyof typeof SECURITY_METRICS

export const SECURITY_METRIC_NAMES = Object.keys(SECURITY_METRICS) as readonly SecurityMetric[]

/** The process's own: counts that CloudWatch did not take in time and that were given up. No dimensions. */
export const DROPPED_METRIC = { name: "MetricsDropped", unit: "Count" } as const
