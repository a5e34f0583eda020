import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs"
import { type FileHandle, lstat, open, rename } from "node:fs/promises"
import { join } from "node:path"
import { StartFault } from "../../core/start-fault.ts"
import { codeOf } from "./owned-folder.ts"

/**
 * One checkpoint a line, as a JSON string (so its own line ends become `\n`), UTF-8. A line counts once its line feed
 * is there; whatever follows the last line feed is a torn write. Full, the file becomes `.1`, replacing the one before.
 */
export const MIRROR_FILE = "checkpoints.jsonl"
const FULL_FILE = `${MIRROR_FILE}.1`

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants
const LINE_FEED = 10
const FIRST_WINDOW = 65_536

/** The last complete checkpoint in the folder. @throws StartFault if a file is there but cannot be read. */
export function readNewest(folder: string): string | undefined {
  return newestIn(join(folder, MIRROR_FILE)) ?? newestIn(join(folder, FULL_FILE))
}

function newestIn(file: string): string | undefined {
  let fd: number
  try {
    fd = openSync(file, O_RDONLY | O_NOFOLLOW)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    throw new StartFault(`The mirror ${file} cannot be read (${codeOf(error)})`)
  }
  try {
    const { size } = fstatSync(fd)
    for (let window = FIRST_WINDOW; ; window *= 2) {
      const start = Math.max(0, size - window)
      const found = lastCheckpoint(readFrom(fd, start, size - start))
      if (found !== undefined || start === 0) return found
    }
  } finally {
    closeSync(fd)
  }
}

function readFrom(fd: number, start: number, count: number): Buffer {
  const bytes = Buffer.alloc(count)
  let got = 0
  while (got < count) {
    const more = readSync(fd, bytes, got, count - got, start + got)
    if (more === 0) break
    got += more
  }
  return bytes.subarray(0, got)
}

/** Walks back over lines that do not parse: the healed remains of torn writes, or a line cut by the window's start. */
function lastCheckpoint(bytes: Buffer): string | undefined {
  let end = bytes.lastIndexOf(LINE_FEED)
  while (end !== -1) {
    const before = end === 0 ? -1 : bytes.lastIndexOf(LINE_FEED, end - 1)
    const checkpoint = parseLine(bytes.toString("utf8", before + 1, end))
    if (checkpoint !== undefined) return checkpoint
    end = before
  }
  return undefined
}

function parseLine(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "string" && value !== "" ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Resolves once the line is on stable storage. Opens by name each time, so a file that was moved away or a folder that
 * was replaced is noticed at the next line and not never.
 * @param limit bytes a file may hold before it is set aside.
 */
export async function appendLine(folder: string, checkpoint: string, limit: number): Promise<void> {
  const line = Buffer.from(`${JSON.stringify(checkpoint)}\n`, "utf8")
  await setAsideIfFull(folder, line.byteLength, limit)
  const file = await open(join(folder, MIRROR_FILE), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    const { size } = await file.stat()
    await file.appendFile((await isTorn(file, size)) ? Buffer.concat([Buffer.of(LINE_FEED), line]) : line)
    await file.datasync()
    if (size === 0) await syncFolder(folder)
  } finally {
    await file.close()
  }
}

async function setAsideIfFull(folder: string, more: number, limit: number): Promise<void> {
  const file = join(folder, MIRROR_FILE)
  const stat = await lstat(file).catch(() => undefined)
  if (stat === undefined || !stat.isFile() || stat.size + more <= limit) return
  await rename(file, join(folder, FULL_FILE))
  await syncFolder(folder)
}

async function isTorn(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== LINE_FEED
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
