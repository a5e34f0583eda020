import { createSocket } from "node:dgram"
import { lookup } from "node:dns/promises"
import { connect as connectPlain, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import type { Channel, Undelivered } from "../../notice/channel.ts"
import { framed, type Sender, syslogLine } from "./line.ts"

/** A whole attempt. */
const ATTEMPT_MS = 10_000
/** How long a receiver that has been told all may keep the connection before it counts as taken. */
const LINGER_MS = 1_000
/** How long a machine that does not listen has to say so, where it says so at all. */
const UDP_ANSWER_MS = 200

export interface SyslogServer {
  readonly transport: "tls" | "tcp" | "udp"
  readonly host: string
  readonly port: number
}

/**
 * One message, one connection. Syslog has no answers: over TCP and TLS a message counts as delivered once all of
 * it was handed over and the other side has closed, or kept still for a second; over UDP once it was sent and nobody objected.
 */
export function syslogChannel(server: SyslogServer, from: Sender): Channel {
  return {
    async deliver(message, signal) {
      const line = syslogLine(message, from)
      const both = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)])
      try {
        await (server.transport === "udp" ? datagram(server, line, both) : stream(server, framed(line), both))
        return undefined
      } catch (error) {
        return both.aborted ? { code: "timeout", aside: false } : judge(error)
      }
    },
  }
}

function stream(server: SyslogServer, bytes: Buffer, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = open(server)
  let linger: NodeJS.Timeout | undefined
  const abort = (): void => void socket.destroy(new Error("aborted"))
  signal.addEventListener("abort", abort, { once: true })
  socket.once(server.transport === "tls" ? "secureConnect" : "connect", () => {
    socket.end(bytes, () => {
      linger = setTimeout(() => socket.destroy(), LINGER_MS)
    })
  })
  socket.on("error", reject)
  socket.on("close", (failed: boolean) => {
    clearTimeout(linger)
    signal.removeEventListener("abort", abort)
    // Closed before all of it was handed over: nobody has it.
    if (!failed && socket.writableFinished) resolve()
    else reject(new Error("closed"))
  })
  // What it says is nothing to us; unread, its end would never come.
  socket.resume()
  if (signal.aborted) abort()
  return promise
}

function open({ transport, host, port }: SyslogServer): Socket {
  if (transport === "tcp") return connectPlain({ host, port })
  return connectTls({ host, port, minVersion: "TLSv1.2", ...(isIP(host) === 0 ? { servername: host } : {}) })
}

async function datagram({ host, port }: SyslogServer, line: Buffer, signal: AbortSignal): Promise<void> {
  const { address, family } = await lookup(host)
  const socket = createSocket(family === 6 ? "udp6" : "udp4")
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => reject(new Error("aborted"))
  signal.addEventListener("abort", abort, { once: true })
  socket.on("error", reject)
  // Connected, so that the system tells of a port where nobody listens.
  socket.connect(port, address, () => socket.send(line, (error) => (error === null ? wait() : reject(error))))
  let timer: NodeJS.Timeout | undefined
  const wait = (): void => {
    timer = setTimeout(resolve, UDP_ANSWER_MS)
  }
  try {
    await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener("abort", abort)
    socket.close()
  }
}

const ABOUT_TLS = /^(?:ERR_(?:TLS|SSL)|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/

function judge(error: unknown): Undelivered {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { code: "unresolved", aside: false }
  return { code: ABOUT_TLS.test(code) ? "tls_failed" : "connection_failed", aside: false }
}
