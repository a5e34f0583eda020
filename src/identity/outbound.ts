import { TylerError } from "../core/errors.ts"

/** Longest wait for one answer of an identity provider, body included. */
export const ANSWER_MS = 5_000
/** Longest answer, in bytes: a key set of some hundred keys. */
export const ANSWER_BYTES = 262_144

/** What `fetch` takes, as far as it is used here. */
export interface OutboundRequest {
  readonly method?: string | undefined
  readonly headers?: RequestInit["headers"]
  readonly body?: RequestInit["body"] | undefined
  readonly signal?: AbortSignal | undefined
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

/** https, or in development plain http to this machine. */
export function mayAsk(url: URL, loopbackHttp: boolean): boolean {
  return url.protocol === "https:" || (loopbackHttp && url.protocol === "http:" && LOOPBACK.includes(url.hostname))
}

/**
 * One bounded exchange with an identity provider: an address that may be asked, no redirect, 5 seconds, 262,144 bytes.
 * What a provider names as its endpoints comes through here too.
 * @throws TylerError `provider_unavailable`
 */
export async function ask(url: string, request: OutboundRequest, loopbackHttp: boolean): Promise<Response> {
  if (!mayAsk(new URL(url), loopbackHttp)) throw unavailable("address")
  const limit = AbortSignal.timeout(ANSWER_MS)
  const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit])
  try {
    const { method = "GET", headers = {}, body = null } = request
    const answer = await fetch(url, { method, headers, body, redirect: "manual", signal })
    if (answer.status >= 300 && answer.status < 400) throw unavailable("redirect")
    return new Response(await bounded(answer), { status: answer.status, headers: answer.headers })
  } catch (error) {
    if (error instanceof TylerError) throw error
    throw unavailable(signal.aborted ? "time" : "network")
  }
}

async function bounded(answer: Response): Promise<Buffer | null> {
  if (answer.body === null || answer.status === 204) return null
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
    size += piece.byteLength
    if (size > ANSWER_BYTES) throw unavailable("size")
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** @param what for the log: which bound was broken. */
export function unavailable(what: string): TylerError {
  return new TylerError("provider_unavailable", {}, `identity provider: ${what}`)
}
