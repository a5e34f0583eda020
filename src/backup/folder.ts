import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises"
import { join } from "node:path"
import type { Part } from "./manifest.ts"
import { isOurs, isReusable, MANIFEST, unfinished } from "./parts.ts"
import type { Piece } from "./piece.ts"

/** A folder that a backup cannot be kept in, or read from: one line for whoever chose it. */
export class FolderFault extends Error {}

/** Told after each piece. */
export type Progress = (entries: number, total: number, bytes: number) => void

/**
 * Makes the folder, or looks at what an earlier backup left in it. @returns the parts that need not be made again
 * @throws FolderFault
 */
export async function partsIn(folder: string): Promise<readonly Part[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {
    throw new FolderFault(`${folder} cannot be made or is not a folder`)
  })
  const names = await namesIn(folder)
  const foreign = names.find((name) => !isOurs(name))
  if (foreign !== undefined)
    throw new FolderFault(
      `${folder} holds ${JSON.stringify(foreign)}, which is no part of a backup; name another folder`,
    )
  const parts: Part[] = []
  for (const name of names.filter(isReusable)) parts.push(await partAt(folder, name))
  return parts
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).toSorted()
}

/** A file as it lies there. @throws the file system's error */
export async function partAt(folder: string, name: string): Promise<Part> {
  const hash = createHash("sha256")
  let bytes = 0
  for await (const chunk of createReadStream(join(folder, name), { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.byteLength
  }
  return { name, bytes, sha256: hash.digest("hex") }
}

/**
 * Writes a backup down. Each file takes its name once it is whole and on stable storage, the manifest last of all; until
 * then the manifest of an earlier backup stands, with all that belongs to it. @returns bytes that were written
 */
export async function storeBackup(folder: string, pieces: AsyncIterable<Piece>, progress: Progress): Promise<number> {
  const belongs = new Set<string>()
  let file: { readonly name: string; readonly handle: FileHandle } | undefined
  let [written, done, total] = [0, 0, 0]
  try {
    for await (const piece of pieces) {
      if (piece.kind === "begin") {
        if (!isOurs(piece.name) || file !== undefined) throw new FolderFault("the server sent no backup")
        ;({ done, total } = piece)
        file = { name: piece.name, handle: await draft(folder, piece.name) }
      } else if (piece.kind === "keep") belongs.add(piece.name)
      else if (file === undefined) throw new FolderFault("the server sent no backup")
      else if (piece.kind === "bytes") {
        await file.handle.appendFile(piece.bytes)
        written += piece.bytes.byteLength
      } else {
        const { name, handle } = file
        await handle.sync()
        await handle.close()
        file = undefined
        if (name === MANIFEST) await requireAll(folder, belongs)
        await rename(join(folder, unfinished(name)), join(folder, name))
        await syncFolder(folder)
        belongs.add(name)
      }
      progress(done, total, written)
    }
  } finally {
    await file?.handle.close()
  }
  if (!belongs.has(MANIFEST)) throw new FolderFault("the backup was cut off before its end; run it again to go on")
  for (const name of await namesIn(folder)) if (isOurs(name) && !belongs.has(name)) await rm(join(folder, name))
  return written
}

/** Whatever was left there is overwritten; a link is not followed, it is replaced. */
async function draft(folder: string, name: string): Promise<FileHandle> {
  const path = join(folder, unfinished(name))
  await rm(path, { force: true })
  return open(path, "wx", 0o600)
}

/** Another backup into this folder may have cleared away what it did not know. @throws FolderFault */
async function requireAll(folder: string, names: Iterable<string>): Promise<void> {
  for (const name of names)
    if (!(await stat(join(folder, name)).catch(() => undefined))?.isFile())
      throw new FolderFault(`${name} has gone meanwhile; one backup at a time into one folder`)
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r")
  await handle.sync()
}

/** @throws FolderFault unless the file is there as the manifest has it */
export async function requirePart(folder: string, part: Part): Promise<void> {
  const there = await lstat(join(folder, part.name)).catch(() => undefined)
  if (there === undefined || !there.isFile()) throw new FolderFault(`${part.name} is missing`)
  if (there.size !== part.bytes)
    throw new FolderFault(`${part.name} is ${there.size} bytes long and was ${part.bytes}; it was cut or changed`)
  if ((await partAt(folder, part.name)).sha256 !== part.sha256) throw new FolderFault(`${part.name} was changed`)
}
