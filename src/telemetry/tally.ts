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

  /** To be called once for an entry, when it is durable. */
  add(entry: Countable): void {
    const way = `${entry.action} ${entry.result} ${entry.resourceType} ${DIMENSIONS.Category(entry)}`
    let counters = this.#ways.get(way)
    if (counters === undefined) {
      counters = cellsOf(entry).map((cell) => this.#counterOf(cell))
      this.#ways.set(way, counters)
    }
    for (const counter of counters) counter.total++
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

function cellsOf(entry: Countable): readonly Cell[] {
  return SECURITY_METRIC_NAMES.filter((metric) => SECURITY_METRICS[metric].counts(entry)).map((metric) => ({
    metric,
    dimensions: Object.fromEntries(SECURITY_METRICS[metric].dimensions.map((name) => [name, DIMENSIONS[name](entry)])),
  }))
}
