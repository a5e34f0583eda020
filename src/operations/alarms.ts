import { detailsOf, type Finding, STATES } from "../alarm/finding.ts"
import { ALARMS } from "../alarm/table.ts"
import { record } from "../audit/ledger.ts"
import { DAY_MS } from "../core/clock.ts"
import { sha256 } from "../core/bytes.ts"
import type { FactsOf } from "../notice/kind.ts"
import type { Change } from "../state/change.ts"
import { ADDRESS, noticeOf } from "./notices.ts"
import { overseers } from "./request-notices.ts"
import { alarmAct } from "./service-entries.ts"
import type { Service } from "./service.ts"

export type Alarming = Pick<Service, "reader" | "ledger" | "clock" | "random" | "settings">

/** What is told of a finding, and recorded with it. */
export interface AlarmNotice {
  readonly people: readonly string[]
  readonly facts: FactsOf<"alarm">
}

/** Who is told of an alarm by mail: the addresses that are configured, else all admins and auditors who are not told yet. */
export async function alarmPeople(
  on: Pick<Service, "reader" | "settings">,
  { alarm }: Finding,
): Promise<readonly string[]> {
  const { alarmMail } = on.settings
  if (alarmMail !== null) return alarmMail.map((address) => ADDRESS + address)
  return ALARMS.some(({ name, mailed }) => name === alarm && mailed) ? [] : overseers(on, "")
}

/**
 * One finding as one act: its entry, and what is sent of it. Two processes that found the same record it once: the claim
 * is made of the finding itself.
 * @returns false if it was recorded already. Rejects if it cannot be recorded
 */
export async function recordFinding(on: Alarming, finding: Finding, notice: AlarmNotice | null): Promise<boolean> {
  // That it lasts may be said twice: nobody is told of it.
  const claim: readonly Change[] =
    finding.state === "lasts" ? [] : [{ kind: "useOnce", id: claimOf(finding), expiresAt: on.clock.now() + DAY_MS }]
  const told: readonly Change[] = notice === null ? [] : noticeOf(on, "alarm", notice.people, notice.facts)
  const act = alarmAct(on, STATES[finding.state], finding.alarm, detailsOf(finding), [...claim, ...told])
  const [settled] = await record(on.ledger, [act])
  return settled !== undefined && !("moved" in settled)
}

function claimOf({ state, alarm, subject, since, entry }: Finding): Buffer {
  return sha256(Buffer.from(["tyler-alarm/1", state, alarm, subject, since, entry].join("\n"), "utf8"))
}

/** What a finding of the log says, in words. @param runbook from a slug to where it stands */
export async function noticeOfFinding(
  on: Alarming,
  finding: Finding,
  runbook: (slug: string) => string,
): Promise<AlarmNotice | null> {
  if (finding.state === "lasts") return null
  const row = finding.subject === "" ? undefined : await on.reader.principalById(finding.subject)
  return { people: await alarmPeople(on, finding), facts: factsOf(finding, row?.name ?? finding.subject, runbook) }
}

/** @param about in words, whoever or whatever it is about */
export function factsOf(
  { alarm, state, count, since, entry }: Finding,
  about: string,
  runbook: (slug: string) => string,
): FactsOf<"alarm"> {
  const row = ALARMS.find(({ name }) => name === alarm)
  return {
    alarm,
    state: state === "over" ? "over" : "raised",
    says: row?.text ?? "",
    about,
    count,
    since: new Date(since).toISOString(),
    entry: entry === null ? "none" : String(entry),
    runbook: runbook(row?.runbook ?? ""),
  }
}
