import { connect as connectPlain, isIP, type Socket } from "node:net"
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from "node:tls"
import { connectionFault, RotationFault } from "../../rotation/fault.ts"
import type { Login } from "../../rotation/login.ts"
import type { StepContext } from "../../rotation/steps.ts"

/** For a connection and for each answer. */
const WAIT_MS = 10_000
/** Of one answer; the list of a very large server's connections stays below it. */
const ANSWER_BYTES = 16_777_216
const DEPTH = 4

export type Reply = string | number | null | RedisError | readonly Reply[]

/** The first word of an error, `NOAUTH` or `WRONGPASS`; what follows may quote what was sent. */
export class RedisError {
  readonly word: string
  constructor(line: string) {
    this.word = /^[A-Z]{1,30}/.exec(line)?.[0] ?? "ERR"
  }
}

/** One connection, commands one after the other (RESP2, https://redis.io/docs/latest/develop/reference/protocol-spec/). */
export class RedisSession implements AsyncDisposable {
  readonly #socket: Socket
  readonly #signal: AbortSignal
  readonly #stop: () => void
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined
  #broken: RotationFault | undefined

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    this.#stop = () => void socket.destroy()
    signal.addEventListener("abort", this.#stop)
    socket.on("data", (piece: Buffer) => this.#take(piece))
    socket.on("error", (error) => this.#fail(connectionFault(error)))
    socket.on("timeout", () => socket.destroy())
    socket.on("close", () => this.#fail(new RotationFault("target_unreachable", { code: "closed" })))
  }

  static async connect({ host, port, tls, ca }: Login, context: StepContext): Promise<RedisSession> {
    const { address } = await context.addressOf(host)
    if (context.signal.aborted) throw new RotationFault("target_unreachable", { code: "aborted" })
    const servername = isIP(host) === 0 ? host : ""
    const socket = tls
      ? connectTls({
          host: address,
          port,
          servername,
          ...(ca === undefined ? {} : { ca }),
          checkServerIdentity: named(host),
        })
      : connectPlain({ host: address, port })
    socket.setTimeout(WAIT_MS)
    const session = new RedisSession(socket, context.signal)
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? "secureConnect" : "connect", resolve)
      socket.once("error", (error) => reject(connectionFault(error)))
      socket.once("close", () => reject(new RotationFault("target_unreachable", { code: "closed" })))
    })
    return session
  }

  /** @returns the answer, errors of the server too. @throws RotationFault when there is none */
  ask(...words: readonly string[]): Promise<Reply> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken)
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(`*${words.length}\r\n${parts.join("")}`)
    })
  }

  #take(piece: Buffer): void {
    this.#received = Buffer.concat([this.#received, piece])
    if (this.#received.byteLength > ANSWER_BYTES) return void this.#socket.destroy()
    try {
      const read = replyAt(this.#received, 0, 0)
      if (read === undefined) return
      this.#received = this.#received.subarray(read.end)
      const waiting = this.#waiting
      this.#waiting = undefined
      waiting?.resolve(read.reply)
    } catch {
      this.#socket.destroy()
    }
  }

  #fail(fault: RotationFault): void {
    this.#broken ??= fault
    this.#waiting?.reject(this.#broken)
    this.#waiting = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#stop)
    this.#socket.destroy()
  }
}

/** Node compares with the name that was connected to, which here is an address. */
function named(host: string): (name: string, certificate: PeerCertificate) => Error | undefined {
  return (_, certificate) => checkServerIdentity(host, certificate)
}

/** @returns undefined while not all of it is there. @throws on what is not RESP2 */
function replyAt(bytes: Buffer, at: number, depth: number): { reply: Reply; end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", at)
  if (lineEnd < 0) return undefined
  const line = bytes.toString("utf8", at + 1, lineEnd)
  const end = lineEnd + 2
  const kind = String.fromCharCode(bytes[at] ?? 0)
  if (kind === "+") return { reply: line, end }
  if (kind === "-") return { reply: new RedisError(line), end }
  const number = Number(line)
  if (!Number.isSafeInteger(number)) throw new Error("no number")
  if (kind === ":") return { reply: number, end }
  if (kind === "$") {
    if (number < 0) return { reply: null, end }
    if (bytes.byteLength < end + number + 2) return undefined
    return { reply: bytes.toString("utf8", end, end + number), end: end + number + 2 }
  }
  if (kind !== "*" || depth >= DEPTH) throw new Error("no RESP2")
  const items: Reply[] = []
  let next = end
  for (let count = 0; count < number; count++) {
    const item = replyAt(bytes, next, depth + 1)
    if (item === undefined) return undefined
    items.push(item.reply)
    next = item.end
  }
  return { reply: number < 0 ? null : items, end: next }
}
