import { constants } from "node:fs"
import { type FileHandle, open, rename } from "node:fs/promises"
import { join } from "node:path"
import { type Block, type EntryMirror, MirrorFault, type Tip, tipOf } from "../../audit/entry-mirror.ts"
import { codeOf, ensureOwnedFolder, folderProblem } from "./owned-folder.ts"

/** The export's lines without its last; that stands in a file of its own, which each block replaces. */
export const ENTRIES_FILE = "entries.ndjson"
export const END_FILE = "entries-end.ndjson"

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants
const LINE_FEED = 10
/** More than the longest entry. */
const TAIL_BYTES = 2 * 1024 * 1024
const BLOCK_ENTRIES = 500

/** Entries in a folder of this process alone, each block on stable storage before it counts. @throws StartFault */
export function entryFile(folder: string): EntryMirror {
  ensureOwnedFolder(folder, "mirror folder")
  /** Bytes that `tip` and `append` left; anything else there means that somebody else writes too. */
  let known = -1

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (folderProblem(folder) !== undefined) throw new MirrorFault("folder")
    try {
      return await work()
    } catch (error) {
      if (error instanceof MirrorFault) throw error
      throw new MirrorFault(codeOf(error).toLowerCase())
    }
  }

  return {
    name: "file",
    most: BLOCK_ENTRIES,
    gatherMs: 0,
    tip: () =>
      guarded(async () => {
        await using file = await openEntries(folder)
        const { tip, size } = await wholeLines(file)
        known = size
        return tip
      }),
    append: (block) =>
      guarded(async () => {
        await using file = await openEntries(folder)
        const { size } = await file.stat()
        if (size !== known) throw new MirrorFault("taken")
        const text = textOf(block)
        known = -1
        await file.appendFile(text)
        await file.datasync()
        if (size === 0) await syncFolder(folder)
        await replaceEnd(folder, `${block.end}\n`)
        known = size + Buffer.byteLength(text)
      }),
    close: () => undefined,
  }
}

function textOf({ from, lines, header }: Block): string {
  return `${from === 0 ? `${header}\n` : ""}${lines.join("\n")}\n`
}

function openEntries(folder: string): Promise<FileHandle> {
  return open(join(folder, ENTRIES_FILE), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
}

/** Cuts off what a killed process left of a line: it is written again, whole. */
async function wholeLines(file: FileHandle): Promise<{ readonly tip: Tip | null; readonly size: number }> {
  const { size } = await file.stat()
  const start = Math.max(0, size - TAIL_BYTES)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
  const tail = buffer.subarray(0, bytesRead)
  const end = tail.lastIndexOf(LINE_FEED) + 1
  const whole = start + end
  if (whole !== size) {
    await file.truncate(whole)
    await file.datasync()
  }
  return { tip: tipOf(tail.toString("utf8", 0, end).split("\n").slice(-3)), size: whole }
}

async function replaceEnd(folder: string, text: string): Promise<void> {
  const next = join(folder, `${END_FILE}.next`)
  await using file = await open(next, O_RDWR | O_CREAT | O_NOFOLLOW | constants.O_TRUNC, 0o600)
  await file.writeFile(text)
  await file.datasync()
  await rename(next, join(folder, END_FILE))
  await syncFolder(folder)
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, constants.O_RDONLY)
  await handle.sync()
}
