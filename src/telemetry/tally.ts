import {
  type Countable,
  type Dimension,
  DIMENSIONS,
  SECURITY_METRIC_NAMES,
  SECURITY_METRICS,
  type SecurityMetric,
} from "./security-metrics.ts"

/** One metric with a value for each of its dimensions. */
export interface Cell {
  readonly metric: SecurityMetric
  readonly dimensions: Readonly<Partial<Record<Dimension, string>>>
}

export interface CellCount extends Cell {
  readonly count: number
}

interface Counter {
  readonly cell: Cell
  total: number
  /** Of `total`, what `take` has handed out. */
  taken: number
}

/** Counts entries since the start. Its size is bounded by the closed sets of actions, results and categories. */
export class Tally {
  readonly #counters = new Map<string, Counter>()
  /** By what of an entry decides where it counts, so that a read costs one look-up. */
  readonly #ways = new Map<string, readonly Counter[]>()

  constructor() {
    // With no dimensions there is one series, and it is known beforehand.
    for (const metric of SECURITY_METRIC_NAMES)
      if (SECURITY_METRICS[metric].dimensions.length === 0) this.#counterOf({ metric, dimensions: {} })
  }

  /** To be called once for an entry, when it is durable. */
  add(entry: Countable): void {
    for (const counter of this.#countersOf(entry)) counter.total++
  }

  /** Shows where such an entry would count, at zero: Prometheus takes a series that begins with 1 for no growth. */
  expect(entry: Countable): void {
    this.#countersOf(entry)
  }

  totals(): readonly CellCount[] {
    return [...this.#counters.values()].map(({ cell, total }) => ({ ...cell, count: total }))
  }

  /** What came in since the last call. */
  take(): readonly CellCount[] {
    const counts: CellCount[] = []
    for (const counter of this.#counters.values()) {
      const count = counter.total - counter.taken
      if (count === 0) continue
      counter.taken = counter.total
      counts.push({ ...counter.cell, count })
    }
    return counts
  }

  #countersOf(entry: Countable): readonly Counter[] {
    const { action, result, resourceType } = entry
    const way = `${action} ${result} ${resourceType} ${DIMENSIONS.Category(entry)} ${marksOf(entry)}`
    let counters = this.#ways.get(way)
    if (counters === undefined) {
      counters = cellsOf(entry).map((cell) => this.#counterOf(cell))
      this.#ways.set(way, counters)
    }
    return counters
  }

  #counterOf(cell: Cell): Counter {
    const key = JSON.stringify(cell)
    let counter = this.#counters.get(key)
    if (counter === undefined) {
      counter = { cell, total: 0, taken: 0 }
      this.#counters.set(key, counter)
    }
    return counter
  }
}

/** Metrics that look at more of an entry than its way says: texts without a bound, so only the answer is part of it. */
const MARKED = SECURITY_METRIC_NAMES.filter((metric) => SECURITY_METRICS[metric].marked)

function marksOf(entry: Countable): string {
  let marks = ""
  for (const metric of MARKED) if (SECURITY_METRICS[metric].counts(entry)) marks += `${metric} `
  return marks
}

function cellsOf(entry: Countable): readonly Cell[] {
  return SECURITY_METRIC_NAMES.filter((metric) => SECURITY_METRICS[metric].counts(entry)).map((metric) => ({
    metric,
    dimensions: Object.fromEntries(SECURITY_METRICS[metric].dimensions.map((name) => [name, DIMENSIONS[name](entry)])),
  }))
}
