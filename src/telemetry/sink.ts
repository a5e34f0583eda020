import { type Cell, type CellCount } from "./tally.ts"
import { PROCESS_METRIC_NAMES, PROCESS_METRICS, type ProcessMetric, SECURITY_METRICS } from "./security-metrics.ts"

/** What a process says of itself. Absent: nothing to say. */
export type OwnValues = Readonly<Partial<Record<ProcessMetric, number>>>

/** Counts of one stretch of time. */
export interface Reading {
  /** Wall time in ms when the stretch ended. */
  readonly at: number
  readonly cells: readonly CellCount[]
  readonly own: OwnValues
}

/** Where readings go: CloudWatch by PutMetricData, a log group, standard output. */
export interface MetricSink {
  /** Resolves once it is taken. Rejects with a SinkFault. May be given the same reading again after a fault. */
  send(reading: Reading): Promise<void>
  close(): void
}

/** `cause`: a code such as `throttled`, for the readiness page. */
export class SinkFault extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }
}

/** One number of one series, as CloudWatch keeps it. */
export interface Datum {
  readonly name: string
  readonly unit: "Count"
  readonly dimensions: readonly (readonly [name: string, value: string])[]
  readonly value: number
}

/** Every set of dimensions that the table names, each added up. */
export function dataOf({ cells, own }: Reading): readonly Datum[] {
  const sums = new Map<string, { datum: Omit<Datum, "value">; value: number }>()
  for (const cell of cells)
    for (const set of SECURITY_METRICS[cell.metric].sets) {
      const dimensions = set.map((name) => [name, cell.dimensions[name] ?? "none"] as const)
      const key = JSON.stringify([cell.metric, dimensions])
      const sum = sums.get(key)
      if (sum !== undefined) sum.value += cell.count
      else {
        const datum = { name: cell.metric, unit: SECURITY_METRICS[cell.metric].unit, dimensions }
        sums.set(key, { datum, value: cell.count })
      }
    }
  const data = [...sums.values()].map(({ datum, value }) => ({ ...datum, value }))
  const ofOurselves = PROCESS_METRIC_NAMES.flatMap((name): Datum[] => {
    const value = own[name]
    return value === undefined ? [] : [{ name, unit: PROCESS_METRICS[name].unit, dimensions: [], value }]
  })
  return [...data, ...ofOurselves]
}

/**
 * The embedded metric format: one line for each cell, from which CloudWatch itself makes a metric for every set of
 * dimensions. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emfLines(namespace: string, { at, cells, own }: Reading): readonly string[] {
  const line = (metrics: readonly EmfMetric[], sets: readonly (readonly string[])[], fields: object): string =>
    JSON.stringify({
      _aws: {
        Timestamp: at,
        CloudWatchMetrics: [{ Namespace: namespace, Dimensions: sets, Metrics: metrics }],
      },
      ...fields,
    })
  const counted = cells.map(({ metric, dimensions, count }: Cell & CellCount) => {
    const { unit, sets } = SECURITY_METRICS[metric]
    return line([{ Name: metric, Unit: unit }], sets, { ...dimensions, [metric]: count })
  })
  const told = PROCESS_METRIC_NAMES.filter((name) => own[name] !== undefined)
  if (told.length === 0) return counted
  const metrics = told.map((name) => ({ Name: name, Unit: PROCESS_METRICS[name].unit }))
  return [...counted, line(metrics, [[]], own)]
}

interface EmfMetric {
  readonly Name: string
  readonly Unit: "Count"
}
