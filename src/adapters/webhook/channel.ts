import type { Clock } from "../../core/clock.ts"
import type { Reach } from "../../core/network.ts"
import type { Channel, Message, Undelivered } from "../../notice/channel.ts"
import { pin, type Resolve } from "./pin.ts"
import { post } from "./post.ts"
import { signatureOf } from "./signature.ts"

/** A whole attempt: name, connection, answer. */
export const ATTEMPT_MS = 5_000

export interface Webhook {
  /** `https:`; `http:` to this machine in development. Judged at start, by `main/notify-settings.ts`. */
  readonly url: string
  readonly secret: Uint8Array
  /** Where its host may lead. */
  readonly allowed: readonly Reach[]
}

/** Signed posts to one URL. @param resolve an argument, so that tests can lie to it. */
export function webhookChannel(to: Webhook, clock: Pick<Clock, "now">, resolve: Resolve): Channel {
  return posts(to, resolve, (message) => {
    const body = Buffer.from(JSON.stringify(bodyOf(message)))
    const signature = signatureOf(to.secret, Math.floor(clock.now() / 1000), body)
    return { body, headers: { "tyler-delivery": message.id, "tyler-signature": signature } }
  })
}

interface Post {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** JSON to one URL, at an address that was judged. @param made what is posted of a message */
export function posts(to: Omit<Webhook, "secret">, resolve: Resolve, made: (message: Message) => Post): Channel {
  const url = new URL(to.url)
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")

  async function attempt(message: Message, signal: AbortSignal): Promise<Undelivered | undefined> {
    const address = await Promise.race([pin(host, to.allowed, resolve), aborted(signal)])
    if (typeof address === "string") return { code: address, aside: false }
    const { body, headers } = made(message)
    const all = { "content-type": "application/json", "user-agent": "tyler-setup", ...headers }
    return judge(await post(url, address, all, body, signal))
  }

  return {
    async deliver(message, signal) {
      const both = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)])
      try {
        return await attempt(message, both)
      } catch (error) {
        return { code: both.aborted ? "timeout" : codeOf(error), aside: false }
      }
    },
  }
}

/** What is posted. New fields may come; none goes. */
function bodyOf({ id, kind, createdAt, subject, text, link, facts }: Message): object {
  return { id, kind, createdAt: new Date(createdAt).toISOString(), subject, text, link, facts }
}

/** Statuses that say something about this one body; all others are about the receiver. */
const ABOUT_THE_BODY: ReadonlySet<number> = new Set([400, 413, 422])

function judge(status: number): Undelivered | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status >= 300 && status < 400) return { code: "redirect_refused", aside: false }
  return { code: `status_${status}`, aside: ABOUT_THE_BODY.has(status) }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true })
  })
}

const ABOUT_TLS = /^(?:ERR_(?:TLS|SSL)|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/

/** Foreign messages may hold anything; of the error only its kind is told. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  return ABOUT_TLS.test(code) ? "tls_failed" : "connection_failed"
}
