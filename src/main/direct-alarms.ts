import type { Random } from "../core/random.ts"
import type { Message, ChannelName } from "../notice/channel.ts"
import type { FactsOf } from "../notice/kind.ts"
import { write } from "../notice/text.ts"
import type { Channels } from "./channels.ts"

/** Alarms that may wait; beyond it the oldest goes. */
export const MOST_WAITING = 64

/**
 * The way around the database, for alarms that say it is gone: kept in memory, tried again with each tick until it is
 * taken. What waits here dies with the process.
 */
export interface DirectAlarms {
  /** @param people mail addresses. */
  send(facts: FactsOf<"alarm">, createdAt: number, people: readonly string[]): void
  /** Tries what waits, once each. Never rejects. */
  tick(): Promise<void>
  waiting(): number
  close(): void
}

interface Waiting {
  readonly channel: ChannelName
  readonly message: Message
  underway: boolean
}

export function directAlarms(channels: Channels, random: Random, publicUrl: () => string): DirectAlarms {
  const waiting: Waiting[] = []
  const stop = new AbortController()

  async function attempt(one: Waiting): Promise<void> {
    if (one.underway) return
    one.underway = true
    const undelivered = await channels[one.channel]?.deliver(one.message, stop.signal)
    one.underway = false
    const at = waiting.indexOf(one)
    if (undelivered === undefined && at !== -1) waiting.splice(at, 1)
  }

  return {
    send(facts, createdAt, people) {
      const said = { ...write("alarm", facts, publicUrl()), kind: "alarm" as const, facts, createdAt }
      for (const channel of Object.keys(channels) as ChannelName[])
        for (const to of channel === "mail" ? people : [null])
          waiting.push({ channel, message: { ...said, id: random.uuid(), to }, underway: false })
      waiting.splice(0, Math.max(0, waiting.length - MOST_WAITING))
    },
    async tick() {
      await Promise.all([...waiting].map(attempt))
    },
    waiting: () => waiting.length,
    close: () => stop.abort(),
  }
}
