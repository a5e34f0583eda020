import { connect } from "node:net"

/** What came back on a bare connection, before anything tidied it. */
export interface RawAnswer {
  /** 0: the server closed without an answer. */
  readonly status: number
  /** Lower-case names; the last of several. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** How many answers came on the one connection. */
  readonly answers: number
}

const WAIT_MS = 5_000

/** Sends bytes as they are and reads until the server closes: no client that would repair them stands between. */
export function sendRaw(port: number, bytes: string | Buffer, host = "127.0.0.1"): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host })
    const chunks: Buffer[] = []
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error(`no end of answer within ${WAIT_MS} ms`)))
    // The server may answer and close while we still send: what it said is what counts.
    socket.on("error", (error) => (chunks.length > 0 ? undefined : reject(error)))
    socket.on("data", (chunk) => chunks.push(chunk))
    socket.on("close", () => resolve(parseAnswer(Buffer.concat(chunks).toString("utf8"))))
    socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes)
  })
}

export interface RawRequest {
  readonly method: string
  /** Exactly as it shall stand in the request line. */
  readonly path: string
  readonly token?: string | null
  /** Further header lines, as they are. */
  readonly lines?: readonly string[]
  readonly body?: string | undefined
  /** Host header; null: none. */
  readonly host?: string | null
}

/** A plain request with a path or headers that no ordinary client would send. */
export function sendRequest(port: number, request: RawRequest): Promise<RawAnswer> {
  const { method, path, token = null, lines = [], body, host = `127.0.0.1:${port}` } = request
  const sent = Buffer.from(body ?? "", "utf8")
  const head = [
    `${method} ${path} HTTP/1.1`,
    ...(host === null ? [] : [`Host: ${host}`]),
    "Connection: close",
    ...(token === null ? [] : [`Authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : ["Content-Type: application/json", `Content-Length: ${sent.byteLength}`]),
    ...lines,
  ]
  return sendRaw(port, Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), sent]))
}

function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n")
  const [first = "", ...lines] = (end === -1 ? text : text.slice(0, end)).split("\r\n")
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":")
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0)
  const answers = text.match(/^HTTP\/1\.1 \d{3}/gm)?.length ?? 0
  return { status, headers, text: end === -1 ? "" : text.slice(end + 4), answers }
}

/** The parsed body, or undefined where it is no JSON. */
export function jsonOf(answer: RawAnswer): Record<string, unknown> | undefined {
  try {
    return JSON.parse(answer.text) as Record<string, unknown>
  } catch {
    return undefined
  }
}
