import { once } from "node:events"
import { Agent, createServer, get, type IncomingMessage, request, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

/** Between two looks at a replica's readiness, after the first has been answered. */
const LOOK_MS = 50

interface Replica {
  readonly port: number
  ready: boolean
}

/** In front of replicas, as a real one is: connections that are kept, readiness that is polled, nothing sent twice. */
export interface Balancer extends AsyncDisposable {
  readonly url: string
  /** Requests each port was given so far. */
  given(port: number): number
  /** Resolves once it takes the replica for ready. */
  until(port: number, ready: boolean): Promise<void>
}

export async function balancerOver(ports: readonly number[]): Promise<Balancer> {
  const replicas: readonly Replica[] = ports.map((port) => ({ port, ready: false }))
  const given = new Map<number, number>()
  const agent = new Agent({ keepAlive: true })
  const done = new AbortController()
  const looks = replicas.map((replica) => watch(replica, done.signal))
  let turn = 0
  const listener = createServer((asked, answer) => {
    const ready = replicas.filter((replica) => replica.ready)
    const replica = ready[turn++ % ready.length]
    if (replica === undefined) {
      answer.writeHead(502).end("nobody is ready")
      return
    }
    given.set(replica.port, (given.get(replica.port) ?? 0) + 1)
    pass(agent, replica.port, asked, answer)
  })
  await once(listener.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    given: (port) => given.get(port) ?? 0,
    async until(port, ready) {
      while (replicas.find((replica) => replica.port === port)?.ready !== ready) await pause(LOOK_MS)
    },
    async [Symbol.asyncDispose]() {
      done.abort()
      await Promise.all(looks)
      agent.destroy()
      listener.close()
      listener.closeAllConnections()
    },
  }
}

/** Whatever goes wrong behind it is the caller's to count: 502 with the system's word for it. */
function pass(agent: Agent, port: number, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, url: path, headers } = asked
  const behind = request({ agent, host: "127.0.0.1", port, method, path, headers }, (told) => {
    const { connection: _, ...kept } = told.headers
    told.pipe(answer.writeHead(told.statusCode ?? 502, kept))
    told.on("error", () => answer.destroy())
  })
  behind.on("error", (error: NodeJS.ErrnoException) =>
    answer.headersSent ? answer.destroy() : answer.writeHead(502).end(error.code),
  )
  asked.pipe(behind)
}

async function watch(replica: Replica, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    replica.ready = (await statusOf(replica.port)) === 200
    await pause(LOOK_MS)
  }
}

function statusOf(port: number): Promise<number> {
  return new Promise((resolve) => {
    const asked = get({ host: "127.0.0.1", port, path: "/api/ready", agent: false }, (told) => {
      told.resume()
      resolve(told.statusCode ?? 0)
    })
    asked.on("error", () => resolve(0))
  })
}
