import { equalBytes } from "../core/bytes.ts"
import type { Filling } from "../state/snapshot.ts"
import { type Cell, LOG } from "../state/tables.ts"
import type { Unseal } from "./age.ts"
import { FolderFault, type Progress } from "./folder.ts"
import type { Manifest } from "./manifest.ts"
import { type Rows, rowsOf } from "./read.ts"
import { Tree } from "./tree.ts"

export interface Restoring {
  readonly folder: string
  readonly unseal: Unseal
  readonly manifest: Manifest
  /** That the manifest's checkpoint was signed over. */
  readonly root: Uint8Array
  /** Null: everything is read and checked, and nothing is written. */
  readonly filling: Filling | null
}

/** Fills the place and commits it, once the tree of all entries is the one that was signed. @throws FolderFault */
export async function restoreBackup(on: Restoring, progress: Progress): Promise<void> {
  const { manifest, filling } = on
  const tree = new Tree()
  let head: Head | undefined
  let bytes = 0
  for (const part of manifest.parts) {
    for await (const batch of rowsOf(on.folder, part.name, on.unseal)) {
      if (batch.table.name === "log_head") head = headIn(batch)
      if (batch.table === LOG) await grow(tree, batch, filling)
      await filling?.put(batch.table, batch.columns, kept(batch))
      progress(tree.size, manifest.size, bytes)
    }
    bytes += part.bytes
  }
  if (head === undefined || head.size !== tree.size || manifest.size !== tree.size)
    throw new FolderFault(`The backup holds ${tree.size} entries and should hold ${manifest.size}`)
  if (![head.root, on.root].every((root) => equalBytes(root, tree.root())) || !equalBytes(head.edge, tree.edge))
    throw new FolderFault("The entries in the backup are not those that its checkpoint was signed over")
  await filling?.commit()
}

interface Head {
  readonly size: number
  readonly root: Buffer
  readonly edge: Buffer
}

function headIn({ columns, rows }: Rows): Head {
  const cells = JSON.parse(rows[0] ?? "[]") as Cell[]
  const cell = (column: string): Cell => cells[columns.indexOf(column)] ?? null
  const bytes = (column: string): Buffer => Buffer.from(String(cell(column)), "base64")
  return { size: Number(cell("size")), root: bytes("root"), edge: bytes("edge") }
}

async function grow(tree: Tree, { columns, rows }: Rows, filling: Filling | null): Promise<void> {
  const [number, leaf] = [columns.indexOf("idx"), columns.indexOf("leaf_hash")]
  const completed = rows.flatMap((row) => {
    const cells = JSON.parse(row) as Cell[]
    if (cells[number] !== tree.size) throw new FolderFault(`Entry ${tree.size} is not in its place in the backup`)
    return tree.append(Buffer.from(String(cells[leaf]), "base64"))
  })
  if (completed.length > 0) await filling?.nodes(completed)
}

/** Sessions stay behind: whoever had signed out since would be signed in again. */
function kept({ table, columns, rows }: Rows): readonly string[] {
  if (table.name !== "credential") return rows
  const kind = columns.indexOf("kind")
  return rows.filter((row) => (JSON.parse(row) as Cell[])[kind] !== "session")
}
