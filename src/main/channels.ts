import { hostname } from "node:os"
import type { Clock } from "../core/clock.ts"
import { StartFault } from "../core/start-fault.ts"
import type { Channel, ChannelName } from "../notice/channel.ts"
import { mailChannel } from "../adapters/mail/channel.ts"
import { syslogChannel } from "../adapters/syslog/channel.ts"
import { slackChannel } from "../adapters/webhook/slack.ts"
import { webhookChannel } from "../adapters/webhook/channel.ts"
import { systemResolve } from "../adapters/webhook/pin.ts"
import type { Config } from "./config.ts"
import { readGuarded } from "./secret-file.ts"

export type Channels = Readonly<Partial<Record<ChannelName, Channel>>>

/** The ways to reach somebody that the configuration names. @throws StartFault for a bad secret file */
export function channelsOf({ webhook, slack, syslog, mail }: Config["notices"], clock: Clock): Channels {
  return {
    ...(webhook === null
      ? {}
      : { webhook: webhookChannel({ ...webhook, secret: webhookSecret(webhook.secretFile) }, clock, systemResolve) }),
    ...(slack === null ? {} : { slack: slackChannel(slack, systemResolve) }),
    ...(syslog === null ? {} : { syslog: syslogChannel(syslog, { host: hostname(), pid: process.pid }) }),
    ...(mail === null ? {} : { mail: mailChannel(mail) }),
  }
}

const SHORTEST = 32
const LONGEST = 4_096
const LINE_FEED = 10

/** As the receiver's copy: the bytes of the file, without the line feed that editors put at its end. */
export function webhookSecret(path: string): Uint8Array {
  const bytes = readGuarded("NOTIFY_WEBHOOK_SECRET_FILE", path, true)
  const secret = bytes.at(-1) === LINE_FEED ? bytes.subarray(0, -1) : bytes
  if (secret.byteLength < SHORTEST || secret.byteLength > LONGEST)
    throw new StartFault(
      `NOTIFY_WEBHOOK_SECRET_FILE ${path} must hold ${SHORTEST} to ${LONGEST} bytes, and holds ${secret.byteLength}`,
    )
  return secret
}
