import type { IncomingMessage } from "node:http"
import { Agent, request } from "node:https"
import { isIP } from "node:net"
import { connectionFault, RotationFault } from "../../rotation/fault.ts"
import { invalid } from "../../rotation/secret-json.ts"
import type { StepContext } from "../../rotation/steps.ts"

/** Not imported, as in adapters/webhook/post.ts: an import makes all that `node:http` exports. */
const { Agent: PlainAgent, request: plainRequest } = process.getBuiltinModule("node:http")

/** One exchange, names and connection included. */
const EXCHANGE_MS = 15_000
const ANSWER_BYTES = 1_048_576

export interface Call {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** PEM of the authority to trust instead of the system's. */
  readonly ca?: string | undefined
}

export interface Answer {
  readonly status: number
  readonly text: string
}

/** `https:`, or `http:` where the secret says `"ssl": false`; no credentials in it. @throws RotationFault `secret_invalid` */
export function urlIn(text: string, tls: boolean, field: string): URL {
  if (!URL.canParse(text)) throw invalid(field, "is no URL")
  const url = new URL(text)
  if (url.protocol !== (tls ? "https:" : "http:")) throw invalid(field, tls ? "is not https" : "is not http")
  if (url.username !== "" || url.password !== "") throw invalid(field, "holds a user or a password")
  return url
}

/** Hosts as the operator listed them, `host` or `host:port`. @throws RotationFault `address_refused` */
export function mustBeListed(url: URL, hosts: readonly string[]): void {
  if (!hosts.includes(url.host) && !hosts.includes(url.hostname)) throw new RotationFault("address_refused")
}

/** Asks once, at the address that was judged; a redirect is an answer like another. @throws RotationFault */
export async function exchange(call: Call, context: StepContext): Promise<Answer> {
  const host = call.url.hostname.replace(/^\[(.*)\]$/, "$1")
  const { address, family } = await context.addressOf(host)
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(EXCHANGE_MS)])
  const tls = call.url.protocol === "https:"
  const body = call.body === undefined ? undefined : Buffer.from(call.body)
  const to = {
    method: call.method,
    host: address,
    family,
    port: call.url.port === "" ? (tls ? 443 : 80) : Number(call.url.port),
    path: call.url.pathname + call.url.search,
    headers: {
      "user-agent": "tyler-setup",
      ...call.headers,
      host: call.url.host,
      ...(body === undefined ? {} : { "content-length": String(body.byteLength) }),
    },
    signal,
  }
  const servername = isIP(host) === 0 ? host : ""
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const sent = tls
        ? request({
            ...to,
            servername,
            ...(call.ca === undefined ? {} : { ca: call.ca }),
            agent: new Agent({ keepAlive: false }),
          })
        : plainRequest({ ...to, agent: new PlainAgent({ keepAlive: false }) })
      sent.on("response", (answer) => resolve(whole(answer)))
      sent.on("error", reject)
      sent.end(body)
    })
  } catch (error) {
    throw connectionFault(error)
  }
}

async function whole(answer: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.byteLength
    if (bytes > ANSWER_BYTES) throw new RotationFault("target_failed", { code: "answer_too_large" })
    pieces.push(piece)
  }
  return { status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString() }
}

/** A status that is no success. */
export function statusFault(status: number): RotationFault {
  const code = `status_${status}`
  if (status === 401 || status === 403) return new RotationFault("not_permitted", { code })
  return new RotationFault("target_failed", { code })
}

/** RFC 6901. */
export function pointed(document: unknown, pointer: string): unknown {
  let at = document
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~")
    at =
      typeof at === "object" && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined
  }
  return at
}

/** @throws RotationFault `target_failed` */
export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text) as unknown
  } catch {
    throw new RotationFault("target_failed", { code: "answer_not_json" })
  }
}
