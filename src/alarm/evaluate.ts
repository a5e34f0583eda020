import type { WatchedEntry } from "../state/rows.ts"
import { type Finding, findingOf } from "./finding.ts"
import { matches } from "./matches.ts"
import { type Alarm, ALARMS, thresholdOf, type Thresholds } from "./table.ts"
import { Bounded, Different, Recent } from "./window.ts"

/** People and programs whose reading is watched at once; beyond it whoever has read nothing for longest is forgotten. */
export const ACTORS = 4_096
/** Subjects of one alarm that are told apart; all others together are one. */
export const SUBJECTS = 100
export const OTHERS = "others"
/** An alarm is over when for so long nothing was too much, or for its period if that is longer. */
export const QUIET_MS = 300_000
/** While it is raised the log says so again after this long. */
export const LASTS_MS = 600_000
/** Who begins to follow the log begins so far back: everything that is still raised has an entry within it. */
export const LOOK_BACK_MS = 900_000

/** One rule at work: told of each entry, it answers when that is one too many, and for whom. */
type Rule = (entry: WatchedEntry) => { readonly subject: string; readonly count: number } | undefined

interface Standing {
  readonly alarm: Alarm
  readonly subject: string
  raised: boolean
  /** Events since. */
  count: number
  since: number
  entry: number
  /** Of the newest event that was too much. */
  last: number
  lastEntry: number
  /** Wall time of the newest entry about it. */
  noted: number
}

/**
 * Follows the audit log, entry by entry and in order. What it knows comes from entries alone, its own among them: whoever
 * follows the same log finds the same, and what was recorded by one is not found again by another.
 */
export class Evaluation {
  readonly #rules: readonly { readonly alarm: Alarm; readonly rule: Rule }[]
  readonly #standing = new Map<string, Standing>()

  constructor(thresholds: Thresholds) {
    this.#rules = ALARMS.filter(({ sides }) => sides.includes("service")).flatMap((alarm) => {
      const rule = ruleOf(alarm, thresholds)
      return rule === undefined ? [] : [{ alarm, rule }]
    })
  }

  take(entry: WatchedEntry): void {
    const finding = findingOf(entry)
    if (finding !== undefined) return this.#recorded(finding, entry.timestamp)
    for (const { alarm, rule } of this.#rules) {
      const found = rule(entry)
      if (found !== undefined) this.#tooMuch(alarm, found.subject, found.count, entry)
    }
  }

  /** What is to be recorded and told by now. The same again until its entry was taken. */
  due(now: number): readonly Finding[] {
    return [...this.#standing.values()].flatMap((standing): Finding[] => {
      const { alarm, subject, raised, count, since, entry, last, noted } = standing
      const about = { alarm: alarm.name, subject, count, since, entry }
      if (!raised) return [{ state: "raised", ...about }]
      if (now - last >= quietOf(alarm)) return [{ state: "over", ...about }]
      return now - noted >= LASTS_MS ? [{ state: "lasts", ...about }] : []
    })
  }

  #tooMuch(alarm: Alarm, subject: string, count: number, event: Pick<WatchedEntry, "timestamp" | "index">): void {
    const { timestamp, index } = event
    const known = this.#standing.get(keyOf(alarm.name, subject))
    if (known !== undefined) {
      known.count++
      known.last = timestamp
      known.lastEntry = index
      return
    }
    const many = [...this.#standing.values()].filter((one) => one.alarm === alarm).length
    if (many >= SUBJECTS && subject !== OTHERS) return this.#tooMuch(alarm, OTHERS, count, event)
    this.#standing.set(keyOf(alarm.name, subject), standingSince(alarm, subject, count, timestamp, index))
  }

  #recorded({ state, alarm: name, subject, count, since, entry }: Finding, at: number): void {
    const alarm = this.#rules.find((one) => one.alarm.name === name)?.alarm
    if (alarm === undefined || entry === null) return
    const key = keyOf(name, subject)
    const known = this.#standing.get(key)
    if (state === "over") {
      this.#standing.delete(key)
      // Something came between the decision that it was over and its entry: that is an alarm of its own.
      if (known !== undefined && at - known.last < quietOf(alarm))
        this.#standing.set(key, standingSince(alarm, subject, 1, known.last, known.lastEntry))
      return
    }
    const { last, lastEntry } = known ?? { last: since, lastEntry: entry }
    const most = Math.max(known?.count ?? 0, count)
    this.#standing.set(key, { alarm, subject, raised: true, count: most, since, entry, last, lastEntry, noted: at })
  }
}

function standingSince(alarm: Alarm, subject: string, count: number, at: number, entry: number): Standing {
  return { alarm, subject, raised: false, count, since: at, entry, last: at, lastEntry: entry, noted: at }
}

function quietOf({ periodSeconds }: Alarm): number {
  return Math.max(QUIET_MS, periodSeconds * 1000)
}

function keyOf(name: string, subject: string): string {
  return `${name} ${subject}`
}

/** Undefined: what it watches is in no entry. */
function ruleOf(alarm: Alarm, thresholds: Thresholds): Rule | undefined {
  const { watch } = alarm
  const limit = thresholdOf(alarm, thresholds)
  const periodMs = alarm.periodSeconds * 1000
  if (watch.by === "metric") {
    const recent = new Recent(limit, periodMs)
    return (entry) => {
      const count = matches(watch, entry) ? recent.add(entry.timestamp) : undefined
      return count === undefined ? undefined : { subject: "", count }
    }
  }
  if (watch.by !== "actor") return undefined
  const actors = new Bounded(ACTORS, () => new Different(limit, periodMs))
  return (entry) => {
    // What the service does by itself, such as rotations, it does for all secrets.
    if (entry.principalKind === "job" || !matches(watch.of, entry)) return undefined
    const count = actors.of(entry.userId).add(entry.resourceName, entry.timestamp)
    return count === undefined ? undefined : { subject: entry.userId, count }
  }
}
