import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A listener on this machine that a browser brings a code to (RFC 8252, 7.3). */
export interface Loopback extends AsyncDisposable {
  readonly port: number
  /** The first code that `take` accepts. Rejects once `waitMs` are over. */
  readonly taken: Promise<void>
}

/** Nobody came. */
export class NobodyCame extends Error {}

const HEADERS = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  connection: "close",
}

/**
 * Listens on 127.0.0.1, on a port that the system chooses. Any page and any program here can send it something: what
 * `take` does not accept changes nothing, and it goes on waiting.
 */
export async function listenForCode(take: (code: string) => Promise<boolean>, waitMs: number): Promise<Loopback> {
  const { createServer } = process.getBuiltinModule("node:http")
  const { promise: taken, resolve, reject } = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    void answer(request, response, take, (server.address() as AddressInfo).port).then((done) => {
      if (done) resolve()
    })
  })
  await new Promise<void>((listening, failed) => {
    server.once("error", failed)
    server.listen(0, "127.0.0.1", listening)
  })
  const timer = setTimeout(() => reject(new NobodyCame()), waitMs)
  // Whoever disposes without waiting is not to be told.
  taken.catch(() => undefined)
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      server.closeIdleConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  take: (code: string) => Promise<boolean>,
  port: number,
): Promise<boolean> {
  const code = codeIn(request, port)
  if (code === undefined) {
    response.writeHead(404, HEADERS).end("Nothing is here.\n")
    return false
  }
  const done = await take(code).catch(() => false)
  const text = done
    ? "You are signed in. This window can be closed.\n"
    : "This sign-on was not accepted; start again.\n"
  await new Promise<void>((sent) => response.writeHead(done ? 200 : 400, HEADERS).end(text, sent))
  return done
}

/** Of a request to exactly this address: a page of a foreign name that leads here would name itself. */
function codeIn({ method, url = "", headers }: IncomingMessage, port: number): string | undefined {
  if (method !== "GET" || headers.host !== `127.0.0.1:${port}`) return undefined
  return /^\/\?code=([A-Za-z0-9_-]{1,1024})$/.exec(url)?.[1]
}
