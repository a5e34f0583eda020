import { isUtf8 } from "node:buffer"
import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { ExactJson, type Value } from "../client/body.ts"
import { TylerError } from "../core/errors.ts"
import { parseJson } from "../core/json.ts"
import { type Call, given, switched, UsageError } from "./command.ts"
import { note } from "./print.ts"
import { askHiddenTwice, canAsk } from "./prompt.ts"
import type { World } from "./world.ts"

/** A value is at most 65,536 bytes; we stop reading well after that, so that the server can say so. */
const MOST_BYTES = 262_144

/** The value of `tyler set`: from `--file`, a pipe or a hidden prompt, in this order. Never from an argument. */
export async function readValue(call: Call): Promise<Value> {
  const bytes = await valueBytes(call)
  if (!switched(call, "object")) return isUtf8(bytes) ? bytes.toString("utf8") : bytes
  const text = bytes.toString("utf8")
  if (!isUtf8(bytes) || !isObjectText(text)) throw new UsageError("--object wants one JSON object", call.command.words)
  return new ExactJson(text)
}

async function valueBytes(call: Call): Promise<Buffer> {
  const { world } = call
  const file = given(call, "file")
  if (file === undefined && world.stdin.isTTY) {
    if (!canAsk(world)) throw new UsageError("there is no terminal to ask on; use a pipe or --file", call.command.words)
    return Buffer.from(await askHiddenTwice(world, "Value"))
  }
  const bytes = await (file === undefined || file === "-" ? readAll(world) : readFileBounded(file))
  return switched(call, "verbatim") ? bytes : withoutNewline(world, bytes)
}

/** `echo` and editors end a text with one newline that is no part of the secret. One goes, and it is said. */
async function withoutNewline(world: World, bytes: Buffer): Promise<Buffer> {
  if (bytes.at(-1) !== 10) return bytes
  await note(world, "tyler: left out the newline at the end (--verbatim keeps it)")
  return bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1)
}

/** A password from `--password-file` (`-`: standard input), without the newline at its end; or undefined. */
export async function passwordFrom(call: Call): Promise<string | undefined> {
  const file = given(call, "password-file")
  return file === undefined ? undefined : firstLine(call.world, file)
}

/** The first line of a file, or of standard input for `-`. */
export async function firstLine(world: World, file: string): Promise<string> {
  const bytes = await (file === "-" ? readAll(world) : readFileBounded(file))
  return bytes.toString("utf8").split(/\r?\n/, 1)[0] ?? ""
}

async function readAll(world: World): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of world.stdin as AsyncIterable<Uint8Array>) {
    size += piece.byteLength
    if (size > MOST_BYTES) throw new UsageError(`standard input holds more than ${MOST_BYTES} bytes`)
    pieces.push(Buffer.from(piece))
  }
  return Buffer.concat(pieces)
}

async function readFileBounded(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY)
  try {
    const room = Buffer.alloc(MOST_BYTES + 1)
    let size = 0
    for (;;) {
      const { bytesRead } = await file.read(room, size, room.byteLength - size)
      if (bytesRead === 0) return room.subarray(0, size)
      size += bytesRead
      if (size > MOST_BYTES) throw new UsageError(`the file holds more than ${MOST_BYTES} bytes`)
    }
  } finally {
    await file.close()
  }
}

function isObjectText(text: string): boolean {
  try {
    const parsed = parseJson(text)
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
  } catch (error) {
    // What is JSON but cannot be kept exactly is for the server to refuse.
    if (error instanceof TylerError) return error.code !== "invalid_json"
    throw error
  }
}
