import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer, type ServerOptions } from "node:https"
import type { AddressInfo } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

/** One post that came in, and how it was answered. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
  /** The delivery's id. */
  readonly id: string
  readonly status: number
}

/** A webhook receiver on this machine. */
export interface Receiver extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Everything, in order, refused or not. */
  readonly posts: readonly Received[]
  /** Ids of what was answered with 2xx, in order. */
  taken(): readonly string[]
  /** What it says from now on: a status, or how to answer. */
  answers: number | ((response: ServerResponse) => void)
}

/** @param port 0: a free one. @param tls null: plain */
export async function startReceiver(port = 0, tls: ServerOptions | null = null): Promise<Receiver> {
  const posts: Received[] = []
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { method = "", url = "", headers } = request
      const { answers } = receiver
      const status = typeof answers === "number" ? answers : 0
      const id = String(headers["tyler-delivery"])
      posts.push({ method, url, headers, body: Buffer.concat(chunks).toString("utf8"), id, status })
      if (typeof answers === "function") answers(response)
      else response.writeHead(status).end("an answer")
    })
  }
  const server: Server = tls === null ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  const bound = (server.address() as AddressInfo).port
  const receiver: Receiver = {
    port: bound,
    url: `${tls === null ? "http" : "https"}://127.0.0.1:${bound}/hook?from=tyler`,
    posts,
    taken: () => posts.filter(({ status }) => status >= 200 && status < 300).map(({ id }) => id),
    answers: 204,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}

/** Waits for a condition, for at most `ms`. @throws Error saying what did not come */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; !(await holds()); await pause(20))
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`)
}
