import { RAISED } from "../telemetry/security-metrics.ts"

/** What an alarm's entry says; the log is all that is remembered of alarms. */
export const STATES = {
  raised: RAISED,
  /** Still so. Nobody is told: whoever follows the log from now on has to know. */
  lasts: "ALARM_LASTS",
  over: "ALARM_OVER",
} as const

export type AlarmState = keyof typeof STATES

/** One thing to be recorded of an alarm, and told. */
export interface Finding {
  readonly state: AlarmState
  readonly alarm: string
  /** Whom it is about: a person's or program's id; empty for all alike. */
  readonly subject: string
  /** Events: within the period, or of `over` and `lasts` since it was raised. */
  readonly count: number
  /** Wall time in ms of the event that was one too many. */
  readonly since: number
  /** Number of the entry of that event; null: it is in no entry. */
  readonly entry: number | null
}

/** Its details, and how they are read again: ids and numbers only. */
export function detailsOf({ subject, count, since, entry }: Finding): string {
  return `subject=${subject} count=${count} since=${since} entry=${entry ?? "none"}`
}

const DETAILS = /^subject=(\S*) count=(\d{1,15}) since=(\d{1,15}) entry=(\d{1,15}|none)$/

/** Undefined: no entry of an alarm that is found in the log. */
export function findingOf(entry: {
  readonly action: string
  readonly resourceName: string
  readonly details: string | null
}): Finding | undefined {
  const state = (Object.keys(STATES) as AlarmState[]).find((one) => STATES[one] === entry.action)
  const [, subject, count, since, index] = DETAILS.exec(entry.details ?? "") ?? []
  if (state === undefined || subject === undefined) return undefined
  return {
    state,
    alarm: entry.resourceName,
    subject,
    count: Number(count),
    since: Number(since),
    entry: index === "none" ? null : Number(index),
  }
}
