import type { Random } from "../core/random.ts"
import { encodeBody } from "./body.ts"
import { localError } from "./error.ts"
import type { Transport } from "./transport.ts"

/** Per call: what the request headers carry. */
export interface SendOptions {
  /** Sends a write again safely; one is made for each call if it is not given. 32 to 64 of `[A-Za-z0-9-]`. */
  readonly idempotencyKey?: string
  /** A step-up token, for rows that ask for a second factor. */
  readonly verificationToken?: string
}

/** Of a read that the server may hold until something has changed. */
export interface Held {
  /** Milliseconds for which it may. */
  readonly holdMs: number
  /** Ends the waiting. */
  readonly signal?: AbortSignal
}

/** What the resources are built on: verbs over the transport, and the reason that stands in for a missing one. */
export interface Caller {
  /** GET; tried again after 503. */
  read<T>(path: string, held?: Held): Promise<T>
  /** A POST that only reads; tried again after 503. */
  ask<T>(path: string, body: object, options?: SendOptions): Promise<T>
  /** A write that is sent once. */
  send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body: object, options?: SendOptions): Promise<T>
  /** A write with an idempotency key; tried again after 503. */
  sendOnce<T>(method: "POST" | "PUT", path: string, body: object, options?: SendOptions): Promise<T>
  stream(path: string): AsyncGenerator<Uint8Array, void, undefined>
  /** A POST whose answer is a stream. */
  sendForStream(path: string, body: object, options?: SendOptions): AsyncGenerator<Uint8Array, void, undefined>
  /** Throws `reason_required` if neither the call nor the client has one. */
  reason(given: string | undefined): string
  /** The same for a read; with a service account's token its standing reason will do, so there may be none. */
  readReason(given: string | undefined): string | undefined
}

/** The global makes itself when it is first asked: most calls are reads, and need no randomness. */
function newKey(random: Random | undefined): string {
  return random?.uuid() ?? crypto.randomUUID()
}

export interface CallerOptions {
  readonly token?: string | undefined
  readonly reason?: string | undefined
  readonly random?: Random | undefined
}

/** What a service account's tokens begin with. */
const PROGRAM = "typ_"

/** Whether the account behind a token may have a standing reason. */
export function isProgramToken(token: string | undefined): boolean {
  return token?.startsWith(PROGRAM) === true
}

export function makeCaller(transport: Transport, { token, reason, random }: CallerOptions): Caller {
  const stated = (given: string | undefined): string => {
    const text = given ?? reason
    if (text === undefined) throw localError("reason_required", "Say why: every use of a secret has a reason")
    return text
  }
  const verified = (options: SendOptions | undefined) =>
    options?.verificationToken === undefined ? {} : { verificationToken: options.verificationToken }
  return {
    read: (path, held) => transport.json({ method: "GET", path, again: true, ...held }),
    ask: (path, body, options) =>
      transport.json({ method: "POST", path, body: encodeBody(body), again: true, ...verified(options) }),
    send: (method, path, body, options) =>
      transport.json({ method, path, body: encodeBody(body), again: false, ...verified(options) }),
    sendOnce: (method, path, body, options) =>
      transport.json({
        method,
        path,
        body: encodeBody(body),
        again: true,
        idempotencyKey: options?.idempotencyKey ?? newKey(random),
        ...verified(options),
      }),
    stream: (path) => transport.bytes({ method: "GET", path, again: false }),
    sendForStream: (path, body, options) =>
      transport.bytes({ method: "POST", path, body: encodeBody(body), again: false, ...verified(options) }),
    reason: stated,
    readReason: (given) => (isProgramToken(token) ? (given ?? reason) : stated(given)),
  }
}
