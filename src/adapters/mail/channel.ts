import type { Transporter } from "nodemailer"
import { parseEmail } from "../../core/email.ts"
import type { Channel, Message, Undelivered } from "../../notice/channel.ts"

/** A whole attempt. */
export const ATTEMPT_MS = 30_000

/** Between two answers of the server. */
const SILENCE_MS = 10_000

export interface MailServer {
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte. `starttls`: or nothing is sent. `plain`: to this machine only. */
  readonly security: "tls" | "starttls" | "plain"
  readonly login: { readonly user: string; readonly pass: string } | null
  /** One address. */
  readonly from: string
}

/** One message, one recipient, one connection. Nothing is loaded before the first. */
export function mailChannel(server: MailServer): Channel {
  let transport: Promise<Transporter> | undefined
  return {
    async deliver(message, signal) {
      // nodemailer reads what it is given as a list, in the envelope too (measured): only one plain address may reach it.
      if (message.to === null || parseEmail(message.to) !== message.to) return { code: "bad_address", aside: true }
      const both = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)])
      try {
        transport ??= open(server)
        await (await transport).sendMail({ ...mailOf(message, server.from), signal: both })
        return undefined
      } catch (error) {
        return both.aborted ? { code: "timeout", aside: false } : judge(error)
      }
    },
  }
}

async function open({ host, port, security, login }: MailServer): Promise<Transporter> {
  const { createTransport } = await import("nodemailer")
  return createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "plain",
    tls: { minVersion: "TLSv1.2" },
    ...(login === null ? {} : { auth: login }),
    connectionTimeout: SILENCE_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    dnsTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** The envelope says who gets it; what the head says is for reading. */
function mailOf({ id, to, subject, text, createdAt }: Message, from: string) {
  const address = to ?? ""
  return {
    from: { name: "Tyler Setup", address: from },
    to: { name: "", address },
    envelope: { from, to: [address] },
    subject,
    text,
    date: new Date(createdAt),
    // The same at every attempt, so that a mailbox shows once what was sent twice.
    messageId: `<${id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
    // RFC 3834: no out-of-office answers.
    headers: { "auto-submitted": "auto-generated" },
  }
}

/** nodemailer's own codes, https://nodemailer.com/smtp/errors; whatever it says beside them is the server's text. */
const CODES: Readonly<Record<string, string>> = {
  EAUTH: "login_refused",
  ENOAUTH: "login_refused",
  ETLS: "tls_failed",
  EDNS: "unresolved",
  ETIMEDOUT: "timeout",
  ENOTFOUND: "unresolved",
}

function judge(error: unknown): Undelivered {
  const { code, responseCode } = error instanceof Error ? (error as { code?: unknown; responseCode?: unknown }) : {}
  // 5yz is for good (RFC 5321, 4.2.1), and after the greeting it is about this mail or this recipient.
  if (typeof responseCode === "number" && (code === "EENVELOPE" || code === "EMESSAGE"))
    return { code: `status_${responseCode}`, aside: responseCode >= 500 }
  return { code: CODES[String(code)] ?? "connection_failed", aside: false }
}
