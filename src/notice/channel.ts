import type { NoticeKind } from "./kind.ts"
import type { Written } from "./text.ts"

/** One notification to one recipient, written out. */
export interface Message extends Written {
  /** The same at every attempt. */
  readonly id: string
  readonly kind: NoticeKind
  readonly facts: Readonly<Record<string, string | number>>
  readonly createdAt: number
  /** Mail address; null on the webhook. */
  readonly to: string | null
}

/** Why an attempt failed: a code of the channel's own table, or `status_` and three digits. */
export interface Undelivered {
  readonly code: string
  /** What would not be taken is this very message: others may pass it. */
  readonly aside: boolean
}

/** A way to reach people or programs: webhook, Slack, syslog, mail. */
export interface Channel {
  /**
   * One attempt, over within 30 seconds. Undefined: taken. Never rejects; what a foreign server says is not passed on.
   * @param signal gives the attempt up.
   */
  deliver(message: Message, signal: AbortSignal): Promise<Undelivered | undefined>
}

export const CHANNEL_NAMES = ["webhook", "slack", "syslog", "mail"] as const
export type ChannelName = (typeof CHANNEL_NAMES)[number]
