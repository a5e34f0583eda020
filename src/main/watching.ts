import { hostname } from "node:os"
import type { Logger } from "pino"
import { OwnAlarms } from "../alarm/own.ts"
import type { Finding } from "../alarm/finding.ts"
import { alarmPeople, factsOf, recordFinding } from "../operations/alarms.ts"
import type { OwnValues } from "../telemetry/sink.ts"
import type { DirectAlarms } from "./direct-alarms.ts"
import { type FollowingLog, logAlarms } from "./log-alarms.ts"
import type { OwnMeter } from "./own-values.ts"

/** Nothing waits longer than this before somebody looks: with the sending, an alarm is there well within a minute. */
const TICK_MS = 10_000

export interface Watching {
  /** One round. Never rejects. */
  tick(): Promise<void>
  close(): void
}

export interface Watched extends FollowingLog {
  readonly own: OwnMeter
  /** Whether this process is the one of all replicas that looks after what all share. */
  readonly leads: () => Promise<boolean>
  /** Rotations that should be done long since. */
  readonly overdue: () => Promise<number>
  readonly values: () => OwnValues
  /** Whether the audit log takes what is recorded. */
  readonly recording: () => boolean
  readonly direct: DirectAlarms
  readonly log: Pick<Logger, "warn" | "error">
}

/** Every ten seconds: a heartbeat if all is well, the alarms on this process, and those in the log if it is ours to follow. */
export function watching(on: Watched): Watching {
  const { service, own, values, recording, direct, log } = on
  const alarms = new OwnAlarms(service.random.uuid())
  const followLog = logAlarms(on)
  let leading = false
  let running: Promise<void> | undefined

  async function beat(): Promise<void> {
    const answered = await service.reader.head().then(
      () => true,
      () => false,
    )
    if (!answered) own.unanswered++
    else if (recording()) own.beats++
  }

  async function lead(): Promise<void> {
    leading = await on.leads()
    own.overdue = leading ? await on.overdue().catch(() => null) : null
  }

  async function ownAlarms(): Promise<void> {
    for (const finding of alarms.look(values(), service.clock.now(), service.clock.monotonic()))
      if (await tellOwn(on, finding)) alarms.told(finding)
    await direct.tick()
  }

  async function round(): Promise<void> {
    await beat()
    await lead()
    await ownAlarms()
    await followLog(leading).catch(() => log.warn("alarms wait: the audit log cannot be followed"))
  }

  /** One round after the other: this one begins after the call. */
  function tick(): Promise<void> {
    const after = (running ?? Promise.resolve()).then(round).finally(() => {
      if (running === after) running = undefined
    })
    running = after
    return after
  }

  const timer = setInterval(() => {
    if (running === undefined) void tick()
  }, TICK_MS)
  timer.unref()
  // What was recorded before a kill, and looked at by nobody, does not wait.
  void tick()
  return {
    tick,
    close() {
      clearInterval(timer)
      direct.close()
    },
  }
}

/** As any other alarm if that can be recorded; else straight to whoever can be reached. @returns whether it is told */
async function tellOwn({ service, direct, runbook, log }: Watched, finding: Finding): Promise<boolean> {
  const facts = factsOf(finding, `the server ${hostname()}`, runbook)
  try {
    await recordFinding(service, finding, { people: await alarmPeople(service, finding), facts })
    return true
  } catch {
    // That it is over is told once it can be recorded, which is what it says.
    if (finding.state !== "raised") return false
    log.error({ alarm: finding.alarm, count: finding.count }, facts.says)
    // People who are known by their rows cannot be looked up now.
    direct.send(facts, finding.since, service.settings.alarmMail ?? [])
    return true
  }
}
