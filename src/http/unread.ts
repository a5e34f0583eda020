import type { Socket } from "node:net"
import { type ErrorCode, TylerError } from "../core/errors.ts"
import { problemOf } from "./problem.ts"

/** What Node's parser gives up on (https://nodejs.org/api/errors.html, `clientError`); anything else is no HTTP. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "body_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
}

const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
}

/**
 * Answers what never became a request, then closes: bytes behind a message that two readers could read in two ways
 * must not be taken for another request. Nothing of what was sent is repeated.
 * @returns what was answered; undefined: the connection was gone.
 */
export function answerUnread(error: NodeJS.ErrnoException, socket: Socket, requestId: string): TylerError | undefined {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy()
    return undefined
  }
  const refusal = new TylerError(CODES[error.code ?? ""] ?? "invalid_request")
  const { status, body } = problemOf(refusal, requestId)
  const head = [
    `HTTP/1.1 ${status} ${PHRASES[status] ?? ""}`,
    "content-type: application/json; charset=utf-8",
    "cache-control: no-store",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy())
  return refusal
}
