import { PROCESS_METRICS, type ProcessMetric } from "../telemetry/security-metrics.ts"
import { QUIET_MS } from "./evaluate.ts"
import type { Finding } from "./finding.ts"
import { type Alarm, ALARMS } from "./table.ts"

interface Watched {
  readonly alarm: Alarm
  readonly metric: ProcessMetric
  /** Of a count, how far it was. */
  before: number
  /** Wall and monotonic time since when it is too much; null: it is not. */
  since: { readonly wall: number; readonly monotonic: number } | null
  raised: Finding | null
  /** Monotonic time when it was last too much. */
  last: number
  count: number
}

/**
 * Alarms on what a process says of itself. Each process has its own: they are about that process, and hold while no entry
 * can be written. In memory: a new process begins anew.
 */
export class OwnAlarms {
  readonly #subject: string
  readonly #watched: readonly Watched[]

  /** @param subject which process this is, an id */
  constructor(subject: string) {
    this.#subject = subject
    this.#watched = ALARMS.flatMap((alarm): Watched[] => {
      if (alarm.watch.by !== "own" || !alarm.sides.includes("service")) return []
      return [{ alarm, metric: alarm.watch.metric, before: 0, since: null, raised: null, last: 0, count: 0 }]
    })
  }

  /**
   * To be called every few seconds.
   * @param values counts since the start, and levels; what is absent is not too much
   * @returns what is to be told; the same again until `told`
   */
  look(values: Readonly<Partial<Record<ProcessMetric, number>>>, wall: number, monotonic: number): readonly Finding[] {
    return this.#watched.flatMap((watched) => {
      this.#note(watched, values[watched.metric], wall, monotonic)
      return this.#due(watched, monotonic)
    })
  }

  told(finding: Finding): void {
    const watched = this.#watched.find(({ alarm }) => alarm.name === finding.alarm)
    if (watched === undefined) return
    watched.raised = finding.state === "raised" ? finding : null
    if (finding.state === "over") Object.assign(watched, { since: null, count: 0 })
  }

  #note(watched: Watched, value: number | undefined, wall: number, monotonic: number): void {
    const count = PROCESS_METRICS[watched.metric].shows === "count"
    const now = count && value !== undefined ? value - watched.before : value
    if (count && value !== undefined) watched.before = value
    const tooMuch = now !== undefined && now > watched.alarm.threshold
    if (tooMuch) {
      watched.since ??= { wall, monotonic }
      watched.last = monotonic
      watched.count = count ? watched.count + now : now
    } else if (!count && watched.raised === null) watched.since = null
  }

  #due({ alarm, since, raised, last, count }: Watched, monotonic: number): readonly Finding[] {
    if (since === null) return []
    const about = { alarm: alarm.name, subject: this.#subject, count, since: since.wall, entry: null }
    if (raised === null) {
      // One event is there at once; how something stands has to stay so.
      const lasting = alarm.statistic === "Maximum" ? alarm.periods * alarm.periodSeconds * 1000 : 0
      return monotonic - since.monotonic >= lasting ? [{ state: "raised", ...about }] : []
    }
    return monotonic - last >= QUIET_MS ? [{ ...about, state: "over" }] : []
  }
}
