import { createReadStream } from "node:fs"
import { join } from "node:path"
import { pipeline, Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import { linesOf } from "../audit/lines.ts"
import { type Table, tableOf } from "../state/tables.ts"
import { type Unseal, UnsealError, unsealed } from "./age.ts"
import { FolderFault } from "./folder.ts"
import { FORMAT, type ReadManifest, readManifest } from "./manifest.ts"
import { MANIFEST } from "./parts.ts"

/** Rows of one table, a few hundred at once. */
export interface Rows {
  readonly table: Table
  readonly columns: readonly string[]
  readonly rows: readonly string[]
}

/** 10,000 parts of 200 bytes, and some. */
const MANIFEST_MAX = 16 * 2 ** 20
const BATCH = 500
const BATCH_CHARACTERS = 1_000_000

/** @throws FolderFault: none there, of another format, or not to be opened */
export async function openManifest(folder: string, unseal: Unseal): Promise<ReadManifest> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of opened(folder, MANIFEST, unseal)) {
    chunks.push(chunk)
    size += chunk.byteLength
    if (size > MANIFEST_MAX) throw new FolderFault(`${MANIFEST} is too long`)
  }
  const read = readManifest(Buffer.concat(chunks).toString("utf8"))
  if (read === undefined) throw new FolderFault(`${MANIFEST} is no manifest of a backup`)
  if (read.manifest.version !== FORMAT) throw new FolderFault("The backup was made by a newer version of Tyler Setup")
  return read
}

/** @throws FolderFault */
export async function* rowsOf(folder: string, name: string, unseal: Unseal): AsyncGenerator<Rows> {
  const zipped = Readable.from(opened(folder, name, unseal), { objectMode: false })
  const plain = pipeline(zipped, createGunzip(), () => undefined)
  let into: Pick<Rows, "table" | "columns"> | undefined
  let rows: string[] = []
  let characters = 0
  const take = (): Rows[] => {
    const batch = into === undefined || rows.length === 0 ? [] : [{ ...into, rows }]
    rows = []
    characters = 0
    return batch
  }
  for await (const lines of linesOf(plain))
    for (const line of lines) {
      if (line.startsWith("{")) {
        yield* take()
        into = tableIn(line, name)
        continue
      }
      rows.push(line)
      characters += line.length
      if (rows.length >= BATCH || characters >= BATCH_CHARACTERS) yield* take()
    }
  yield* take()
}

function tableIn(line: string, name: string): Pick<Rows, "table" | "columns"> {
  const { table: named, columns } = JSON.parse(line) as { table: string; columns: readonly string[] }
  const table = tableOf(named)
  if (table === undefined || columns.some((column) => !(column in table.columns)))
    throw new FolderFault(`${name} holds what this version does not know; restore with the version that made it`)
  return { table, columns }
}

async function* opened(folder: string, name: string, unseal: Unseal): AsyncGenerator<Uint8Array> {
  try {
    yield* unsealed(unseal, createReadStream(join(folder, name), { highWaterMark: 1 << 18 }))
  } catch (error) {
    if (error instanceof UnsealError) throw new FolderFault(`${name} ${whyNot(error, unseal)}`)
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new FolderFault(
        name === MANIFEST ? `${folder} holds no finished backup: there is no ${MANIFEST}` : `${name} is missing`,
      )
    throw error
  }
}

function whyNot({ message }: UnsealError, unseal: Unseal): string {
  if (/no identity matched/i.test(message))
    return "passphrase" in unseal
      ? "is not sealed to this passphrase"
      : "is not sealed to any key of this identity file"
  return "is not whole or was changed"
}
