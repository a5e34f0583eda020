import {
  CATEGORIES,
  type Countable,
  type Dimension,
  DIMENSIONS,
  SECURITY_METRICS,
  type SecurityMetric,
} from "../telemetry/security-metrics.ts"
import { ALARMS } from "./table.ts"

/** A metric that is counted from entries, at one set of dimensions. */
export interface Counted {
  readonly metric: SecurityMetric
  readonly dimensions: Readonly<Partial<Record<Dimension, string>>>
}

/** Whether an entry counts there: the same question that CloudWatch's numbers are made by. */
export function matches({ metric, dimensions }: Counted, entry: Countable): boolean {
  if (!SECURITY_METRICS[metric].counts(entry)) return false
  return Object.entries(dimensions).every(([name, value]) => DIMENSIONS[name as Dimension](entry) === value)
}

const RESULTS = ["SUCCESS", "FAILURE", "DENIED"] as const
const NAMES = [...[...CATEGORIES].map((category) => `${category}/`), ""]

/** One entry for each series in which an alarm's events may count, so that all of them can begin at zero. */
export function expected(): readonly Countable[] {
  const watched = ALARMS.flatMap(({ watch }) => (watch.by === "metric" ? [watch] : []))
  const actions = new Set(watched.flatMap(({ dimensions: { Action, Operation } }) => Action ?? Operation ?? []))
  const kinds = [...actions, "GET", "GET_CACHED"].flatMap((action) => RESULTS.map((result) => ({ action, result })))
  const entries = kinds.flatMap((kind) =>
    NAMES.map((resourceName) => ({ ...kind, resourceType: "secret", resourceName, decision: "", details: null })),
  )
  return entries.filter((entry) => watched.some((watch) => matches(watch, entry)))
}
