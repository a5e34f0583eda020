import type { Agent, IncomingMessage, RequestOptions } from "node:http"
import type { Reply } from "../client/answer.ts"
import type { Fetch } from "../client/transport.ts"

/**
 * One exchange over Node's own HTTP client. The global `fetch` does the same, but loading it takes 55 ms, which is more
 * than all else that a command does. An import of `node:http` would load it too: for its WebSocket, which is exported.
 */
export const exchange: Fetch = (url, init) => exchanged(url, init, false)

/** The same for commands that ask thousands of times: connections are kept. An idle one does not keep the process. */
export function keptExchange(url: string): Fetch {
  const { Agent } = moduleFor(url)
  const agent = new Agent({ keepAlive: true })
  return (to, init) => exchanged(to, init, agent)
}

function exchanged(url: string, { method, headers, body, signal }: Init, agent: Agent | false): Promise<Reply> {
  const { request } = moduleFor(url)
  const options: RequestOptions = { method, headers: { ...headers, ...lengthOf(body) }, signal, agent }
  return new Promise((resolve, reject) => {
    request(url, options, (message) => resolve(replyOf(message)))
      .on("error", reject)
      .end(body ?? undefined)
  })
}

type Init = Parameters<Fetch>[1]

function moduleFor(url: string) {
  return process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http")
}

function lengthOf(body: string | null): Record<string, string> {
  return body === null ? {} : { "content-length": String(Buffer.byteLength(body)) }
}

function replyOf(message: IncomingMessage): Reply {
  const status = message.statusCode ?? 0
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => message.headersDistinct[name.toLowerCase()]?.join(", ") ?? null },
    body: message,
  }
}
