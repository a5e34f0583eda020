import { connect, type Socket } from "node:net"

/** What one load run saw from outside. */
export interface LoadResult {
  readonly answers: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

/** A request as bytes, so that the generator costs less than what it measures. Undefined: no more. */
export type NextRequest = (connection: number, turn: number) => Buffer | undefined

interface Ended {
  readonly status: string
  readonly bytes: number
}

/** The first answer in the buffer, if it is complete. Only what our servers send: Content-Length, no chunks. */
function firstAnswer(buffer: Buffer): Ended | undefined {
  const end = buffer.indexOf("\r\n\r\n")
  if (end === -1) return undefined
  const head = buffer.toString("latin1", 0, end)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1])
  const bytes = end + 4 + length
  return buffer.byteLength < bytes ? undefined : { status: head.slice(9, 12), bytes }
}

/** Keep-alive connections, one request in flight on each, for a time. @throws Error at the first answer that is no 2xx */
export async function load(port: number, connections: number, ms: number, next: NextRequest): Promise<LoadResult> {
  const latencies: number[] = []
  const began = performance.now()
  const until = began + ms
  await Promise.all(Array.from({ length: connections }, (_, at) => drive(port, at, until, next, latencies)))
  const seconds = (performance.now() - began) / 1000
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
  return { answers: latencies.length, seconds, p50: at(0.5), p99: at(0.99), longest: latencies.at(-1) ?? Number.NaN }
}

function drive(port: number, connection: number, until: number, next: NextRequest, latencies: number[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true })
  let turn = 0
  let sent = 0
  let got: Buffer = Buffer.alloc(0)
  const send = (): void => {
    const request = performance.now() < until ? next(connection, turn++) : undefined
    if (request === undefined) {
      socket.removeAllListeners("close")
      socket.destroy()
      resolve()
      return
    }
    sent = performance.now()
    socket.write(request)
  }
  socket.on("connect", send)
  socket.on("error", reject)
  socket.on("close", () => reject(new Error("the server closed a connection")))
  socket.on("data", (chunk: Buffer) => {
    got = got.byteLength === 0 ? chunk : Buffer.concat([got, chunk])
    const answer = firstAnswer(got)
    if (answer === undefined) return
    const now = performance.now()
    if (!answer.status.startsWith("2")) {
      reject(new Error(got.toString("utf8")))
      return
    }
    latencies.push(now - sent)
    got = got.subarray(answer.bytes)
    send()
  })
  return promise
}
