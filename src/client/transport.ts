import { IDEMPOTENCY_KEY, VERIFICATION_TOKEN } from "../api/headers.ts"
import type { Address } from "./address.ts"
import { type Reply, readObject, readRefusal, requireOurs } from "./answer.ts"
import { localError, TylerApiError } from "./error.ts"

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  /** JSON text. */
  readonly body?: string
  /** Reads, and writes with a key, may be sent again after 503 with Retry-After. */
  readonly again: boolean
  readonly idempotencyKey?: string
  readonly verificationToken?: string
  /** Milliseconds for which the server may hold the answer, on top of the time of any exchange. */
  readonly holdMs?: number
  /** Of the caller, who may not want to wait for the answer any more. */
  readonly signal?: AbortSignal
}

export interface Transport {
  /** The answer's JSON. Throws TylerApiError. */
  json<T>(request: Request): Promise<T>
  /** The answer's bytes as they come. Throws TylerApiError, also while iterating. */
  bytes(request: Request): AsyncGenerator<Uint8Array, void, undefined>
}

/** What is needed of `fetch`, so that another HTTP client can take its place; the global one fits. */
export type Fetch = (
  url: string,
  init: {
    readonly method: Request["method"]
    readonly headers: Record<string, string>
    readonly body: string | null
    /** Never to be followed. */
    readonly redirect: "manual"
    readonly signal: AbortSignal
  },
) => Promise<Reply>

export interface TransportOptions {
  readonly address: Address
  readonly token: string | undefined
  readonly fetch: Fetch
  /** Milliseconds until the whole answer must be there; for streams until the next piece. */
  readonly timeoutMs: number
}

const TRIES = 3
/** A server may ask for at most this wait, in seconds; beyond it the caller decides. */
const LONGEST_WAIT = 10

export function httpTransport(options: TransportOptions): Transport {
  return {
    json: <T>(request: Request) => sendAgain(options, request, readObject) as Promise<T>,
    bytes: (request) => pieces(options, request),
  }
}

/** Times one exchange out; `keep` starts the time anew. */
class Patience {
  readonly #controller = new AbortController()
  readonly #ms: number
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
    this.keep()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  keep(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(), this.#ms)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

async function sendAgain<T>(
  options: TransportOptions,
  request: Request,
  read: (response: Reply) => Promise<T>,
): Promise<T> {
  for (let left = TRIES - 1; ; left--) {
    const patience = new Patience(options.timeoutMs + (request.holdMs ?? 0))
    let wait: number | null
    try {
      const response = await send(options, request, patience.signal)
      if (response.ok) return await read(response)
      wait = left > 0 && request.again ? waitOf(response) : null
      const refusal = await readRefusal(response)
      if (wait === null) throw refusal
    } catch (error) {
      if (request.signal?.aborted === true) throw localError("aborted", "The call was given up")
      throw told(error, patience.signal, options.timeoutMs)
    } finally {
      patience.end()
    }
    await new Promise((resolve) => setTimeout(resolve, (wait ?? 0) * 1000))
  }
}

async function* pieces(options: TransportOptions, request: Request): AsyncGenerator<Uint8Array, void, undefined> {
  const patience = new Patience(options.timeoutMs)
  try {
    const response = await send(options, request, patience.signal)
    if (!response.ok) throw await readRefusal(response)
    for await (const piece of response.body ?? []) {
      patience.keep()
      yield piece
      patience.keep()
    }
  } catch (error) {
    throw told(error, patience.signal, options.timeoutMs)
  } finally {
    patience.end()
  }
}

/** One exchange. A redirect is never followed: it would carry the token to an address nobody chose. */
async function send(options: TransportOptions, request: Request, signal: AbortSignal): Promise<Reply> {
  const headers: Record<string, string> = { accept: "application/json" }
  if (options.token !== undefined) headers["authorization"] = `Bearer ${options.token}`
  if (request.body !== undefined) headers["content-type"] = "application/json"
  if (request.idempotencyKey !== undefined) headers[IDEMPOTENCY_KEY] = request.idempotencyKey
  if (request.verificationToken !== undefined) headers[VERIFICATION_TOKEN] = request.verificationToken
  const response = await options.fetch(options.address + request.path, {
    method: request.method,
    headers,
    body: request.body ?? null,
    redirect: "manual",
    signal: request.signal === undefined ? signal : AbortSignal.any([request.signal, signal]),
  })
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400))
    throw localError("redirected", "The address answered with a redirect, which is not followed; check the address")
  if (response.ok) requireOurs(response)
  return response
}

/** Seconds to wait if this answer allows another try, else null. */
function waitOf(response: Reply): number | null {
  const after = response.headers.get("retry-after")
  if (response.status !== 503 || after === null || !/^\d{1,4}$/.test(after)) return null
  const seconds = Number(after)
  return seconds <= LONGEST_WAIT ? seconds : null
}

/** Network failures as TylerApiError; their causes name the host, never headers or bodies. */
function told(error: unknown, signal: AbortSignal, timeoutMs: number): unknown {
  if (error instanceof TylerApiError) return error
  if (signal.aborted)
    return localError("timeout", `The server did not answer within ${timeoutMs / 1000} s`, { timeoutMs })
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "network"
  if (reason.startsWith("HPE_"))
    return localError("bad_answer", `The address does not answer in proper HTTP (${reason})`)
  return localError("unreachable", `The server cannot be reached (${reason})`, { reason })
}
