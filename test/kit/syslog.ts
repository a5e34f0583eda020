import { createSocket, type Socket as Datagrams } from "node:dgram"
import { once } from "node:events"
import { type AddressInfo, createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions } from "node:tls"

/** A receiver of syslog on this machine. */
export interface SyslogReceiver extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Messages, without what framed them, in order. */
  readonly lines: readonly string[]
}

/** @param tls null: plain TCP. @param port 0: a free one */
export async function startSyslog(tls: TlsOptions | null = null, port = 0): Promise<SyslogReceiver> {
  const lines: string[] = []
  const open = new Set<Socket>()
  const take = (socket: Socket): void => {
    open.add(socket)
    const chunks: Buffer[] = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    socket.on("end", () => {
      lines.push(...unframed(Buffer.concat(chunks)))
      socket.end()
    })
    socket.on("error", () => undefined)
    socket.on("close", () => open.delete(socket))
  }
  const server: Server = tls === null ? createServer({ allowHalfOpen: true }, take) : createTlsServer(tls, take)
  server.on("tlsClientError", () => undefined)
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `${tls === null ? "tcp" : "tls"}://127.0.0.1:${bound}`,
    lines,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
}

/** `LENGTH SP MESSAGE`, again and again: RFC 6587 3.4.1. */
function unframed(bytes: Buffer): readonly string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.byteLength; ) {
    const space = bytes.indexOf(" ", at)
    const length = Number(bytes.subarray(at, space).toString("ascii"))
    if (!Number.isInteger(length) || space + 1 + length > bytes.byteLength) throw new Error("a frame that is none")
    lines.push(bytes.subarray(space + 1, space + 1 + length).toString("utf8"))
    at = space + 1 + length
  }
  return lines
}

/** The same on UDP, a message a datagram. */
export async function startDatagrams(): Promise<SyslogReceiver> {
  const lines: string[] = []
  const socket: Datagrams = createSocket("udp4", (message) => lines.push(message.toString("utf8")))
  socket.bind(0, "127.0.0.1")
  await once(socket, "listening")
  return {
    port: socket.address().port,
    url: `udp://127.0.0.1:${socket.address().port}`,
    lines,
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, "close")
    },
  }
}
