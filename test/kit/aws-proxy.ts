import { once } from "node:events"
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http"
import { setTimeout as pause } from "node:timers/promises"

/**
 * What becomes of one call. `lose`: AWS does it, and nobody hears of it. `drop`: it does not arrive. `hold`: it is
 * answered once the promise resolves, with what AWS said before that.
 */
export type Fate =
  | "pass"
  | "lose"
  | "drop"
  | { readonly error: string; readonly status?: number; readonly message?: string }
  | { readonly slowMs: number }
  | { readonly hold: Promise<void> }
  /** Answered without asking. */
  | { readonly body: object }
  /** Answered with what becomes of AWS's answer. */
  | { readonly changed: (answer: Readonly<Record<string, unknown>>) => object }

/** @param operation such as `PutSecretValue`. @param nth of that operation, from 1. */
export type Judge = (operation: string, nth: number, body: Readonly<Record<string, unknown>>) => Fate

export interface AwsProxy {
  readonly url: string
  /** Every call from now on; counts begin anew. */
  judge(judge: Judge): void
  /** Calls that arrived since the last `judge`. */
  calls(operation: string): number
  /** Of all operations. */
  allCalls(): Readonly<Record<string, number>>
  close(): void
}

/** In front of an AWS, so that it can fail as the real one does. */
export async function awsProxy(upstream: string): Promise<AwsProxy> {
  let fateOf: Judge = () => "pass"
  let counts = new Map<string, number>()
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const operation = String(request.headers["x-amz-target"] ?? "").split(".")[1] ?? "none"
    const nth = (counts.get(operation) ?? 0) + 1
    counts.set(operation, nth)
    const fate = fateOf(
      operation,
      nth,
      operation === "none" ? {} : (JSON.parse(body.toString()) as Record<string, unknown>),
    )
    if (fate === "drop") return void request.socket.destroy()
    if (typeof fate === "object" && "error" in fate) return refuse(response, fate)
    if (typeof fate === "object" && "body" in fate) {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" })
      return void response.end(JSON.stringify(fate.body))
    }
    const answer = await forward(upstream, request, body)
    if (fate === "lose") return void request.socket.destroy()
    if (typeof fate === "object" && "changed" in fate && answer.status === 200) {
      const changed = fate.changed(JSON.parse(answer.body.toString()) as Record<string, unknown>)
      response.writeHead(200, { "content-type": answer.type })
      return void response.end(JSON.stringify(changed))
    }
    if (typeof fate === "object" && "slowMs" in fate) await pause(fate.slowMs, undefined, { ref: false })
    if (typeof fate === "object" && "hold" in fate) await fate.hold
    response.writeHead(answer.status, { "content-type": answer.type })
    response.end(answer.body)
  }

  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    judge(next) {
      fateOf = next
      counts = new Map()
    },
    calls: (operation) => counts.get(operation) ?? 0,
    allCalls: () => Object.fromEntries(counts),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function refuse(response: ServerResponse, fate: Extract<Fate, { readonly error: string }>): void {
  response.writeHead(fate.status ?? 400, { "content-type": "application/x-amz-json-1.1" })
  response.end(JSON.stringify({ __type: fate.error, Message: fate.message ?? "said by the test" }))
}

interface Forwarded {
  readonly status: number
  readonly type: string
  readonly body: Buffer
}

/** With the host that was signed, and everything else as it came but for the length. */
async function forward(upstream: string, request: IncomingMessage, body: Buffer): Promise<Forwarded> {
  const headers = { ...request.headers, "content-length": String(body.byteLength) }
  delete headers.connection
  delete headers.expect
  const call = httpRequest(upstream + (request.url ?? "/"), { method: request.method ?? "POST", headers, agent: false })
  call.end(body)
  const [answer] = (await once(call, "response")) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return {
    status: answer.statusCode ?? 500,
    type: answer.headers["content-type"] ?? "",
    body: Buffer.concat(chunks),
  }
}
