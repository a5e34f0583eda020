import type { Piece } from "./piece.ts"

/**
 * A backup on its way over HTTP: frames of one byte for the kind, a big-endian 32-bit count and as many bytes. The stream is
 * whole once the last file has ended and nothing follows.
 */
const KINDS = ["begin", "bytes", "end", "keep"] as const satisfies readonly Piece["kind"][]
const HEAD_BYTES = 5
/** More than any piece that is sealed at once, and than the longest name. */
const FRAME_MAX = 1 << 20

/** The stream is not what a server of ours sends. */
export class FrameError extends Error {}

export async function* framed(pieces: AsyncIterable<Piece>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    const body = bodyOf(piece)
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt8(KINDS.indexOf(piece.kind))
    head.writeUInt32BE(body.byteLength, 1)
    yield Buffer.concat([head, body])
  }
}

function bodyOf(piece: Piece): Uint8Array {
  if (piece.kind === "bytes") return piece.bytes
  if (piece.kind === "end") return Buffer.alloc(0)
  const { kind: _kind, ...facts } = piece
  return Buffer.from(JSON.stringify(facts))
}

/** @throws FrameError, also if the stream ends within a frame or a file */
export async function* unframed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let rest = Buffer.alloc(0)
  let within = false
  for await (const chunk of chunks) {
    rest = rest.byteLength === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let at = 0
    while (rest.byteLength - at >= HEAD_BYTES) {
      const length = rest.readUInt32BE(at + 1)
      if (length > FRAME_MAX) throw new FrameError("a frame is too long")
      if (rest.byteLength - at < HEAD_BYTES + length) break
      const piece = pieceOf(rest.readUInt8(at), rest.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length))
      if (within !== (piece.kind === "bytes" || piece.kind === "end")) throw new FrameError("frames are out of order")
      within = piece.kind === "begin" || piece.kind === "bytes"
      yield piece
      at += HEAD_BYTES + length
    }
    rest = rest.subarray(at)
  }
  if (within || rest.byteLength > 0) throw new FrameError("the backup was cut off")
}

function pieceOf(kind: number, body: Buffer): Piece {
  switch (KINDS[kind]) {
    case "bytes":
      return { kind: "bytes", bytes: body }
    case "end":
      return { kind: "end" }
    case "begin": {
      const { name, done, total } = factsIn(body)
      if (typeof name === "string" && typeof done === "number" && typeof total === "number")
        return { kind: "begin", name, done, total }
      break
    }
    case "keep": {
      const { name } = factsIn(body)
      if (typeof name === "string") return { kind: "keep", name }
      break
    }
    case undefined:
      break
  }
  throw new FrameError("a frame is of no known kind")
}

function factsIn(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const facts: unknown = JSON.parse(body.toString("utf8"))
    return typeof facts === "object" && facts !== null ? { ...facts } : {}
  } catch {
    return {}
  }
}
