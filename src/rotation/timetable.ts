import { Cron } from "croner"
import { DAY_MS } from "../core/clock.ts"

const HOUR_MS = 3_600_000

/** Least time from one rotation to the next, hours: AWS Secrets Manager's. */
export const LEAST_HOURS = 4
/** Most days from one rotation to the next: AWS Secrets Manager's. */
export const MOST_DAYS = 1000
export const MOST_WINDOW_HOURS = 24

/** When a secret is due. All in UTC. */
export interface Timetable {
  /** Exactly one of both, or neither: only when somebody asks. */
  readonly days: number | null
  readonly expression: string | null
  readonly windowHours: number | null
}

/** Why a timetable cannot be kept; `field` as in the request. */
export class TimetableFault extends Error {
  readonly field: "days" | "expression" | "windowHours"

  constructor(field: TimetableFault["field"], reason: string) {
    super(reason)
    this.field = field
  }
}

/**
 * The first time after `after` at which it is due; null: never by itself. For `days` and `rate` counted from there, for
 * `cron` the next one of its hours.
 * @throws TimetableFault for an expression that is none
 */
export function nextDue({ days, expression }: Pick<Timetable, "days" | "expression">, after: number): number | null {
  if (days !== null) return after + days * DAY_MS
  if (expression === null) return null
  const rate = rateOf(expression)
  if (rate !== undefined) return after + rate
  return cronOf(expression).nextRun(new Date(after))?.getTime() ?? null
}

/** Whether one that was due then may still begin: without a window at any time after. */
export function mayBegin({ windowHours }: Pick<Timetable, "windowHours">, due: number, now: number): boolean {
  return windowHours === null || now < due + windowHours * HOUR_MS
}

/**
 * Judges what somebody asks for: days from 1 to 1000; hours from 4 on; a window of 1 to 24 hours that ends before the next
 * one opens (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html).
 * @throws TimetableFault
 */
export function checkTimetable(table: Timetable, now: number): void {
  const { days, expression, windowHours } = table
  if (days !== null && expression !== null)
    throw new TimetableFault("expression", "days and expression exclude each other")
  if (days !== null && !within(days, 1, MOST_DAYS)) throw new TimetableFault("days", `must be from 1 to ${MOST_DAYS}`)
  const least = leastHours(table, now)
  if (least !== null && least < LEAST_HOURS)
    throw new TimetableFault(
      "expression",
      `would rotate after ${least} hours; at least ${LEAST_HOURS} must lie in between`,
    )
  if (windowHours === null) return
  if (least === null) throw new TimetableFault("windowHours", "needs days or expression")
  const most = Math.min(MOST_WINDOW_HOURS, least)
  if (!within(windowHours, 1, most)) throw new TimetableFault("windowHours", `must be from 1 to ${most}`)
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

/** So many of a cron's hours are looked at: every gap of a week of the closest that is allowed. */
const LOOKED_AT = 64

/** Hours of the shortest gap; null where it is never due by itself. */
function leastHours({ days, expression }: Timetable, now: number): number | null {
  if (days !== null) return days * 24
  if (expression === null) return null
  const rate = rateOf(expression)
  if (rate !== undefined) return rate / HOUR_MS
  const runs = cronOf(expression).nextRuns(LOOKED_AT, new Date(now))
  if (runs.length === 0) throw new TimetableFault("expression", "is never due")
  const gaps = runs.slice(1).map((run, at) => run.getTime() - (runs[at]?.getTime() ?? 0))
  return gaps.length === 0 ? MOST_DAYS * 24 : Math.floor((Math.min(...gaps) / HOUR_MS) * 10) / 10
}

/** @returns milliseconds; undefined for what is no `rate(...)` */
function rateOf(expression: string): number | undefined {
  const [, count, unit] = /^rate\(([1-9][0-9]{0,4}) (hours?|days?)\)$/.exec(expression) ?? []
  if (count === undefined || unit === undefined) return undefined
  const hours = Number(count) * (unit.startsWith("day") ? 24 : 1)
  if (hours > MOST_DAYS * 24) throw new TimetableFault("expression", `must not exceed ${MOST_DAYS} days`)
  return hours * HOUR_MS
}

/** `cron(Minutes Hours Day-of-month Month Day-of-week Year)`, weekdays 1 to 7 from Sunday on, one of the two days `?`. */
function cronOf(expression: string): Cron {
  const fields = /^cron\(([^()]{1,200})\)$/.exec(expression)?.[1]?.split(" ")
  if (fields?.length !== 6)
    throw new TimetableFault("expression", "must be rate(N hours), rate(N days) or cron(with six fields)")
  if ((fields[2] === "?") === (fields[4] === "?"))
    throw new TimetableFault("expression", "must have ? as exactly one of day-of-month and day-of-week")
  try {
    return new Cron(patternOf(fields), CRON)
  } catch {
    throw new TimetableFault("expression", "has a field that is not of cron's form")
  }
}

/** As AWS counts: weekdays 1 to 7 from Sunday on, `1/3` from the first in steps of three. */
const CRON = {
  paused: true,
  timezone: "UTC",
  mode: "7-part",
  alternativeWeekdays: true,
  domAndDow: true,
  sloppyRanges: true,
} as const

/** AWS writes the last Friday of a month `6L`, croner `6#L`. */
function patternOf(fields: readonly string[]): string {
  const ours = fields.map((field, at) => (field === "?" ? "*" : at === 4 ? field.replace(/^(\w+)L$/, "$1#L") : field))
  return ["0", ...ours].join(" ")
}
