import type { Reach } from "../../core/network.ts"
import type { Channel, Message } from "../../notice/channel.ts"
import { posts } from "./channel.ts"
import type { Resolve } from "./pin.ts"

/** What Slack reads as a mention or a link begins so: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" }

/**
 * An incoming webhook as Slack has it, and others like it: one JSON object with a text. Its URL is its password. Not
 * signed, for nobody there would look.
 */
export function slackChannel(
  to: { readonly url: string; readonly allowed: readonly Reach[] },
  resolve: Resolve,
): Channel {
  return posts(to, resolve, (message) => ({
    body: Buffer.from(JSON.stringify({ text: textOf(message) })),
    headers: {},
  }))
}

function textOf({ subject, text }: Message): string {
  return `*${escaped(subject)}*\n${escaped(text.trimEnd())}`
}

/** The asterisk would end the bold part; a character that looks like it is as good. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>]/g, (char) => ESCAPES[char] ?? "").replaceAll("*", "\u2217")
}
