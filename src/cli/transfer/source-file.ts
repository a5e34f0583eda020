import { isUtf8 } from "node:buffer"
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { resolve } from "node:path"
import type { World } from "../world.ts"
import type { Fault } from "./entry.ts"

/** Bytes of one source: 2,000 values of the longest, or a million short ones. */
export const SOURCE_LIMIT = 134_217_728
const PIECE = 1_048_576
const LF = 10
const BOM = "\u{feff}"

/** A source's text (`-`: standard input) without a byte order mark. Throws UsageError unless it is UTF-8 (RFC 3629). */
export async function readSource(world: World, path: string, fault: Fault): Promise<string> {
  const bytes = Buffer.concat(
    await (path === "-" ? fromInput(world, fault) : fromFile(resolve(world.cwd, path), fault)),
  )
  if (!isUtf8(bytes)) throw fault("is not UTF-8", oddLine(bytes))
  const text = bytes.toString("utf8")
  return text.startsWith(BOM) ? text.slice(1) : text
}

async function fromInput(world: World, fault: Fault): Promise<Buffer[]> {
  if (world.stdin.isTTY) throw fault("is a terminal; pipe the source, or name a file")
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of world.stdin as AsyncIterable<Uint8Array>) {
    size += piece.byteLength
    if (size > SOURCE_LIMIT) throw tooLong(fault)
    pieces.push(Buffer.from(piece))
  }
  return pieces
}

async function fromFile(path: string, fault: Fault): Promise<Buffer[]> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw fault("is not a regular file")
    if (stat.size > SOURCE_LIMIT) throw tooLong(fault)
    const pieces: Buffer[] = []
    for (let size = 0; ; ) {
      const room = Buffer.allocUnsafe(PIECE)
      const { bytesRead } = await file.read(room, 0, PIECE)
      if (bytesRead === 0) return pieces
      size += bytesRead
      // It may grow while it is read.
      if (size > SOURCE_LIMIT) throw tooLong(fault)
      pieces.push(room.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

function tooLong(fault: Fault) {
  return fault(`is longer than ${SOURCE_LIMIT} bytes; split it`)
}

/** The first line that is not UTF-8; a line feed is part of no longer sequence. */
function oddLine(bytes: Buffer): number {
  let line = 1
  for (let at = 0; ; line++) {
    const end = bytes.indexOf(LF, at)
    if (end === -1 || !isUtf8(bytes.subarray(at, end))) return line
    at = end + 1
  }
}
