import type { AddressInfo } from "node:net"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"

/** One mail as the server took it. */
export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  /** Head and body as they came. */
  readonly raw: string
  /** Whether it came over TLS. */
  readonly secure: boolean
  readonly user: string | null
}

/** A real SMTP server on this machine. */
export interface Mailbox extends AsyncDisposable {
  readonly port: number
  readonly mails: Mail[]
  /** The head's fields, unfolded, of the newest mail. */
  head(): ReadonlyMap<string, string>
}

/** @param port 0: a free one */
export async function startMailbox(options: SMTPServerOptions, port = 0): Promise<Mailbox> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    onAuth: ({ username, password }, _, done) =>
      password === "right" ? done(null, { user: String(username) }) : done(new Error("no")),
    onData(stream, { envelope, secure, user }, done) {
      const chunks: Buffer[] = []
      stream.on("data", (chunk: Buffer) => chunks.push(chunk))
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address
        const to = envelope.rcptTo.map(({ address }) => address)
        const raw = Buffer.concat(chunks).toString("utf8")
        mails.push({ from, to, raw, secure, user: typeof user === "string" ? user : null })
        done()
      })
    },
    ...options,
  })
  server.on("error", () => undefined)
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()))
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    head() {
      const [head = ""] = (mails.at(-1)?.raw ?? "").split("\r\n\r\n")
      const fields = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n")
      return new Map(fields.map((field) => [field.split(":")[0]?.toLowerCase() ?? "", field.replace(/^[^:]*: */, "")]))
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
