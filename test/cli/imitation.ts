import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"

export interface Asked {
  readonly route: string
  readonly body: Record<string, unknown>
  readonly key: string | undefined
}
type Said = readonly [status: number, body: object]

/**
 * Stands in for routes that the server does not have yet; every test that uses it names them. Answers by
 * `METHOD /path`, in turn where a route has several answers, and keeps what was asked.
 */
export async function imitation(routes: Readonly<Record<string, readonly Said[]>>) {
  const asked: Asked[] = []
  const turns = new Map<string, number>()
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on("data", (piece: Buffer) => pieces.push(piece))
    request.on("end", () => {
      const route = `${request.method} ${request.url}`
      const text = Buffer.concat(pieces).toString()
      const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>
      asked.push({ route, body, key: request.headers["idempotency-key"] as string | undefined })
      const turn = turns.get(route) ?? 0
      turns.set(route, turn + 1)
      const known = routes[route]
      const [status, answer] = known?.[Math.min(turn, known.length - 1)] ?? refusal(404, "not_found")
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

export function refusal(status: number, code: string, facts: object = {}): Said {
  return [status, { error: `refused: ${code}`, code, requestId: "req-1", ...facts }]
}
