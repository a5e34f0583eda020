import { connect as connectPlain, isIP, type Socket } from "node:net"
import { checkServerIdentity, connect as connectTls } from "node:tls"
import { connectionFault, RotationFault } from "../../rotation/fault.ts"
import type { Login } from "../../rotation/login.ts"
import type { StepContext } from "../../rotation/steps.ts"

const WAIT_MS = 15_000
/** Before a connection is tuned, frames are small; what is larger is not AMQP. */
const FRAME_BYTES = 131_072
const CONNECTION = 10
const [START, START_OK, TUNE, TUNE_OK, OPEN, OPEN_OK, CLOSE] = [10, 11, 30, 31, 40, 41, 50]

/**
 * Logs in and opens a virtual host, as a client does before all else (AMQP 0-9-1, 2.2.4, and RabbitMQ's capability
 * authentication_failure_close, without which it only hangs up).
 * @returns false where the broker refuses the user or the password
 * @throws RotationFault `account_unsuitable` where it lets the user in, but not into the virtual host
 */
export async function amqpLogin(login: Login, vhost: string, context: StepContext): Promise<boolean> {
  const { address } = await context.addressOf(login.host)
  if (context.signal.aborted) throw new RotationFault("target_unreachable", { code: "aborted" })
  const { host, port, tls, ca } = login
  const socket = tls
    ? connectTls({
        host: address,
        port,
        servername: isIP(host) === 0 ? host : "",
        checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
        ...(ca === undefined ? {} : { ca }),
      })
    : connectPlain({ host: address, port })
  const stop = (): void => void socket.destroy()
  context.signal.addEventListener("abort", stop)
  const timer = setTimeout(stop, WAIT_MS)
  try {
    return await converse(socket, tls, login, vhost)
  } finally {
    clearTimeout(timer)
    context.signal.removeEventListener("abort", stop)
    stop()
  }
}

function converse(socket: Socket, tls: boolean, { username, password }: Login, vhost: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    let tuned = false
    socket.once(tls ? "secureConnect" : "connect", () => socket.write(Buffer.from("AMQP\0\0\x09\x01", "latin1")))
    socket.on("error", (error) => reject(connectionFault(error)))
    socket.on("close", () => reject(new RotationFault("target_unreachable", { code: "closed" })))
    socket.on("data", (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      for (let frame = frameOf(received); frame !== undefined; frame = frameOf(received)) {
        received = received.subarray(frame.end)
        answer(frame.method, frame.content)
      }
      if (received.byteLength > FRAME_BYTES) socket.destroy()
    })

    function answer(method: number, content: Buffer): void {
      if (method === START) socket.write(methodFrame(START_OK, startOk(username, password)))
      else if (method === TUNE) {
        tuned = true
        // As the broker proposes, without heartbeats: this does not last.
        socket.write(methodFrame(TUNE_OK, Buffer.concat([content.subarray(0, 6), Buffer.of(0, 0)])))
        socket.write(methodFrame(OPEN, Buffer.concat([short(vhost), Buffer.of(0, 0)])))
      } else if (method === OPEN_OK) resolve(true)
      else if (method === CLOSE) closed(content.byteLength >= 2 ? content.readUInt16BE(0) : 0)
    }

    /** 403 access refused, 530 not allowed. */
    function closed(code: number): void {
      if (!tuned && code === 403) resolve(false)
      else if (code === 403 || code === 530)
        reject(
          new RotationFault("account_unsuitable", {
            reason: "the user may not use the virtual host",
            code: String(code),
          }),
        )
      else reject(new RotationFault("target_failed", { code: String(code) }))
    }
  })
}

/** @returns undefined while none is whole */
function frameOf(bytes: Buffer): { method: number; content: Buffer; end: number } | undefined {
  if (bytes.byteLength < 7) return undefined
  const size = bytes.readUInt32BE(3)
  const end = 7 + size + 1
  if (bytes.byteLength < end) return undefined
  const ours = bytes[0] === 1 && size >= 4 && bytes.readUInt16BE(7) === CONNECTION
  return { method: ours ? bytes.readUInt16BE(9) : 0, content: bytes.subarray(11, 7 + size), end }
}

function methodFrame(method: number, content: Buffer): Buffer {
  const head = Buffer.alloc(11)
  head[0] = 1
  head.writeUInt32BE(4 + content.byteLength, 3)
  head.writeUInt16BE(CONNECTION, 7)
  head.writeUInt16BE(method, 9)
  return Buffer.concat([head, content, Buffer.of(0xce)])
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.of(Buffer.byteLength(text)), Buffer.from(text)])
}

function long(content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.byteLength)
  return Buffer.concat([length, content])
}

function startOk(username: string, password: string): Buffer {
  const able = Buffer.concat([short("authentication_failure_close"), Buffer.from("t\x01", "latin1")])
  const properties = Buffer.concat([short("capabilities"), Buffer.from("F"), long(able)])
  return Buffer.concat([
    long(properties),
    short("PLAIN"),
    long(Buffer.from(`\0${username}\0${password}`)),
    short("en_US"),
  ])
}
