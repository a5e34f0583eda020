import type { LookupAddress } from "node:dns"
import type { ClientRequest, IncomingMessage } from "node:http"
import { Agent, request } from "node:https"
import { isIP } from "node:net"

/** Not imported: an import makes all that `node:http` exports, a WebSocket among them: 2 MB of a service that has none. */
const { Agent: PlainAgent, request: plainRequest } = process.getBuiltinModule("node:http")

/** Of an answer that is read at all; it is ignored. */
const ANSWER_BYTES = 65_536

/**
 * Posts once, to one address, on a connection of its own. The name stays what it was for the Host header, for SNI and
 * for the certificate. Follows nothing. @returns the status. Rejects with what Node says, or as `signal` is aborted
 */
export function post(
  url: URL,
  { address, family }: LookupAddress,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<number> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  const to = {
    method: "POST",
    host: address,
    family,
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    headers: { ...headers, host: url.host, "content-length": String(body.byteLength) },
    signal,
  }
  return new Promise((resolve, reject) => {
    const call: ClientRequest =
      url.protocol === "https:"
        ? request({ ...to, servername: isIP(host) === 0 ? host : "", agent: new Agent({ keepAlive: false }) })
        : plainRequest({ ...to, agent: new PlainAgent({ keepAlive: false }) })
    let status: number | undefined
    call.on("response", (answer) => {
      status = answer.statusCode ?? 0
      ignore(answer)
    })
    // What goes wrong after the status changes nothing about it.
    call.on("error", (error) => (status === undefined ? reject(error) : resolve(status)))
    call.on("close", () => (status === undefined ? reject(new Error("closed")) : resolve(status)))
    call.end(body)
  })
}

/** Lets an answer come to its end, if that comes soon and is small. */
function ignore(answer: IncomingMessage): void {
  let bytes = 0
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES) answer.destroy()
  })
  answer.on("error", () => undefined)
}
