import { setTimeout as pause } from "node:timers/promises"
import type { Logger } from "pino"
import type { LedgerWriter } from "../audit/ledger.ts"
import { TylerError } from "../core/errors.ts"
import type { Channel, ChannelName } from "../notice/channel.ts"
import { type Attempted, boundWaiting, deliver, type Leased, leaseDue, type Sending } from "../operations/deliver.ts"
import type { Channels } from "./channels.ts"

/** Attempts under way at once on one channel: a slow receiver of one line holds up at most the others' last slot. */
const SLOTS = 16

/** How long a stop waits for attempts under way. */
const DRAIN_MS = 2_000

/** What this process has sent, as plain numbers. */
export interface NoticeMeter {
  waiting: number
  dropped: number
  readonly attempts: Readonly<Record<ChannelName, Record<Attempted, number>>>
}

export function newNoticeMeter(): NoticeMeter {
  const none = () => ({ delivered: 0, retry: 0, given_up: 0, lost: 0 })
  return { waiting: 0, dropped: 0, attempts: { webhook: none(), slack: none(), syslog: none(), mail: none() } }
}

export interface Notifying {
  /** Something was recorded that is to be sent: looks at once. */
  wake(): void
  /** Looks, and keeps what waits within its bound. Rejects if the database does not answer. */
  tick(): Promise<void>
  close(): Promise<void>
}

interface Wanted {
  readonly service: Sending
  readonly channels: Channels
  readonly meter: NoticeMeter
  /** Origin of links. */
  readonly publicUrl: () => string
  readonly log: Pick<Logger, "warn">
}

/**
 * Sends what is due, at most `SLOTS` at once on each channel: when an attempt ends the next begins. Nothing that is asked
 * of the service waits for it.
 */
export function notifying({ service, channels, meter, publicUrl, log }: Wanted): Notifying {
  const stop = new AbortController()
  const looks = Object.entries(channels).map(([name, channel]) =>
    lane(name as ChannelName, channel, { service, meter, publicUrl, log, stop: stop.signal }),
  )

  async function tick(): Promise<void> {
    const { waiting, dropped } = await boundWaiting(service)
    meter.waiting = waiting
    meter.dropped += dropped
    await Promise.all(looks.map(({ look }) => look()))
  }

  return {
    wake() {
      tick().catch((error: unknown) => log.warn({ code: codeOf(error) }, "notifications wait"))
    },
    tick,
    async close() {
      const late = pause(DRAIN_MS, undefined, { ref: false })
      stop.abort()
      await Promise.race([Promise.all(looks.map(({ ended }) => ended())), late])
    },
  }
}

interface LaneWanted extends Omit<Wanted, "channels"> {
  readonly stop: AbortSignal
}

/** One channel's slots. */
function lane(name: ChannelName, channel: Channel, { service, meter, publicUrl, log, stop }: LaneWanted) {
  const underway = new Set<Promise<void>>()
  let looking = false
  let again = false

  /** One look at a time; what is asked for meanwhile is looked for once more. */
  async function look(): Promise<void> {
    again = true
    if (looking) return
    looking = true
    try {
      while (again && underway.size < SLOTS && !stop.aborted) {
        again = false
        for (const leased of await leaseDue(service, name, SLOTS - underway.size)) begin(leased)
      }
    } finally {
      looking = false
    }
  }

  function begin(leased: Leased): void {
    const sent = deliver(service, channel, leased, publicUrl(), stop)
      .then((attempted) => {
        meter.attempts[name][attempted]++
      })
      .catch((error: unknown) => log.warn({ code: codeOf(error) }, "a notification's outcome is not recorded"))
      .finally(() => {
        underway.delete(sent)
        look().catch((error: unknown) => log.warn({ code: codeOf(error) }, "notifications wait"))
      })
    underway.add(sent)
  }

  return { look, ended: () => Promise.all(underway) }
}

function codeOf(error: unknown): string {
  return error instanceof TylerError ? error.code : "internal"
}

/** Tells whom to wake once an act is durable that has something to be sent. */
export function waking(ledger: LedgerWriter, wake: () => void): LedgerWriter {
  return {
    async recordAll(acts) {
      const outcomes = await ledger.recordAll(acts)
      const made = acts.some(
        ({ changes }, at) =>
          changes.some(({ kind }) => kind === "addNotification") && !("moved" in (outcomes[at] ?? { moved: null })),
      )
      if (made) wake()
      return outcomes
    },
    close: () => ledger.close(),
  }
}
