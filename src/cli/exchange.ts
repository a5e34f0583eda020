import type { IncomingMessage, RequestOptions } from "node:http"
import type { Reply } from "../client/answer.ts"
import type { Fetch } from "../client/transport.ts"

/**
 * One exchange over Node's own HTTP client. The global `fetch` does the same, but loading it takes 55 ms, which is more
 * than all else that a command does. An import of `node:http` would load it too: for its WebSocket, which is exported.
 */
export const exchange: Fetch = (url, { method, headers, body, signal }) => {
  const { request } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http")
  const options: RequestOptions = { method, headers: { ...headers, ...lengthOf(body) }, signal, agent: false }
  return new Promise((resolve, reject) => {
    request(url, options, (message) => resolve(replyOf(message)))
      .on("error", reject)
      .end(body ?? undefined)
  })
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
