import { lookup } from "node:dns/promises"
import type { IncomingMessage, RequestOptions } from "node:http"
import { request as tlsRequest } from "node:https"
import { isIP } from "node:net"
import { isLoopbackAddress, isPublicAddress } from "./address.ts"

/** Not imported: an import makes all that `node:http` exports, a WebSocket among them: 2 MB of a service that has none. */
const { request: plainRequest } = process.getBuiltinModule("node:http")

/** For one document, from the question for the address to the last byte. */
const DEADLINE_MS = 5000
/** Of one document. */
export const DOCUMENT_BYTES = 65_536

export interface FetchRules {
  readonly allowPrivate: boolean
  /** Development: http:// to a loopback address. */
  readonly plainLoopback: boolean
}

/** A document that could not be had; the message is ours and holds nothing of what was answered. */
export class FetchFault extends Error {}

/**
 * One GET of a JSON document. The address is resolved once, judged, and connected to as judged: a name that answers
 * something else the second time gains nothing. Redirects are not followed, proxies not used. @throws FetchFault
 */
export async function fetchJson(url: string, rules: FetchRules): Promise<unknown> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const target = URL.parse(url)
  if (target === null) throw new FetchFault("no URL")
  const address = await Promise.race([addressOf(target, rules), expiry(signal)])
  const text = await bodyOf(target, address, signal)
  try {
    return JSON.parse(text)
  } catch {
    throw new FetchFault("no JSON")
  }
}

function expiry(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new FetchFault("no answer in time")), { once: true })
  })
}

interface Address {
  readonly address: string
  readonly family: number
}

async function addressOf(target: URL, { allowPrivate, plainLoopback }: FetchRules): Promise<Address> {
  const host = target.hostname.replace(/^\[|\]$/g, "")
  const family = isIP(host)
  const found = family === 0 ? await resolve(host) : [{ address: host, family }]
  const [first] = found
  if (first === undefined) throw new FetchFault("no address")
  if (!allowPrivate && !found.every(({ address }) => isPublicAddress(address))) throw new FetchFault("private address")
  const plain = plainLoopback && target.protocol === "http:" && found.every(({ address }) => isLoopbackAddress(address))
  if (target.protocol !== "https:" && !plain) throw new FetchFault("not https")
  return first
}

async function resolve(host: string): Promise<Address[]> {
  try {
    return await lookup(host, { all: true })
  } catch {
    throw new FetchFault("no address")
  }
}

function bodyOf(target: URL, { address, family }: Address, signal: AbortSignal): Promise<string> {
  const options: RequestOptions = {
    agent: false,
    signal,
    headers: { accept: "application/json", connection: "close" },
    lookup: (_host, { all }, done) => (all === true ? done(null, [{ address, family }]) : done(null, address, family)),
  }
  return new Promise((accept, reject) => {
    const fail = (error: Error): void => {
      sent.destroy()
      reject(
        error instanceof FetchFault ? error : new FetchFault(signal.aborted ? "no answer in time" : "no connection"),
      )
    }
    const answered = (answer: IncomingMessage): void => collect(answer, accept, fail)
    const sent = (target.protocol === "https:" ? tlsRequest : plainRequest)(target, options, answered)
    sent.on("error", fail)
    sent.end()
  })
}

function collect(answer: IncomingMessage, accept: (text: string) => void, fail: (error: Error) => void): void {
  if (answer.statusCode !== 200) return fail(new FetchFault("another status than 200"))
  const chunks: Buffer[] = []
  let size = 0
  answer.on("data", (chunk: Buffer) => {
    size += chunk.byteLength
    if (size > DOCUMENT_BYTES) fail(new FetchFault("over 65,536 bytes"))
    else chunks.push(chunk)
  })
  answer.on("error", fail)
  answer.on("aborted", () => fail(new FetchFault("no connection")))
  answer.on("end", () =>
    answer.complete ? accept(Buffer.concat(chunks).toString("utf8")) : fail(new FetchFault("cut off")),
  )
}
