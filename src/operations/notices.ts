import { type FactsOf, type FactTypes, KINDS, type NoticeKind } from "../notice/kind.ts"
import type { Change } from "../state/change.ts"
import type { Service } from "./service.ts"

/** The recipient that is a program. */
const WEBHOOK = "webhook"

/** Programs that hear of alarms, and of nothing else. */
const ON_CALL = ["slack", "syslog"] as const

export function isProgram(recipient: string): boolean {
  return recipient === WEBHOOK || ON_CALL.some((name) => name === recipient)
}

/** Before an address that belongs to no row any more. */
export const ADDRESS = "mailto:"

/** More people than these are not told of one thing one by one; the webhook is. */
export const MAX_PEOPLE = 1_000

/**
 * What an operation adds to its act, so that somebody hears of it: nothing, if there is no way to reach anybody. The act
 * neither waits for the sending nor fails with it.
 * @param people principal ids, or `ADDRESS` and an address; each is told once, the webhook always
 */
export function noticeOf<K extends NoticeKind>(
  on: Pick<Service, "settings" | "clock" | "random">,
  kind: K,
  people: readonly string[],
  facts: FactsOf<K>,
): readonly Change[] {
  const { channels } = on.settings
  const { alarm, facts: names, to } = KINDS[kind]
  const recipients = [
    ...(channels.webhook ? [WEBHOOK] : []),
    ...(to === "those on call" ? ON_CALL.filter((name) => channels[name]) : []),
    ...(channels.mail ? [...new Set(people)].slice(0, MAX_PEOPLE) : []),
  ]
  if (recipients.length === 0) return []
  const told = Object.fromEntries(names.map((name) => [name, (facts as FactTypes)[name]]))
  const row = { id: on.random.uuid(), kind, alarm, recipients, facts: told, createdAt: on.clock.now() }
  return [{ kind: "addNotification", row }]
}
