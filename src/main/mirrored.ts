import type { Mirror } from "../adapters/local/mirror.ts"
import { type Checkpoint, openCheckpoint } from "../audit/checkpoint.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import { EMPTY_EDGE } from "../audit/merkle.ts"
import { NoteError } from "../audit/note.ts"
import { rootAt } from "../audit/proof.ts"
import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import { StartFault } from "../core/start-fault.ts"
import type { StateReader } from "../state/reader.ts"

/** Every checkpoint that was handed out also goes to the mirror. */
export function mirrored(ledger: LedgerWriter, mirror: Mirror): LedgerWriter {
  return {
    async recordAll(acts) {
      const outcomes = await ledger.recordAll(acts)
      for (const outcome of outcomes) {
        if ("moved" in outcome) continue
        mirror.append(outcome.checkpoint)
        break
      }
      return outcomes
    },
    close: () => ledger.close(),
  }
}

/** Nothing is recorded, so nothing leaves, until `tyler-server accept-rollback`. */
export const refusingLedger: LedgerWriter = {
  recordAll: () => Promise.reject(new TylerError("rolled_back")),
  close: () => Promise.resolve(),
}

export type Rollback = {
  readonly mirroredSize: number
  readonly storedSize: number
  readonly cause: "smaller" | "forked"
}

/**
 * Holds the database against the newest mirrored checkpoint: it must be at least as long, with the same root there.
 * @throws StartFault if the mirror is another log's.
 */
export async function detectRollback(
  reader: StateReader,
  mirror: Pick<Mirror, "folder" | "newest">,
  verifierKey: string,
): Promise<Rollback | undefined> {
  const newest = mirror.newest()
  if (newest === undefined) return undefined
  const checkpoint = ownCheckpoint(newest, verifierKey, mirror.folder)
  const { size } = await reader.head()
  const about = { mirroredSize: checkpoint.size, storedSize: size }
  if (size < checkpoint.size) return { ...about, cause: "smaller" }
  const source = {
    leafHashes: (from: number, to: number) => reader.leafHashes(from, to),
    node: (level: number, position: number) => reader.node(level, position),
  }
  const root = await rootAt(source, checkpoint.size).catch((error: unknown) => {
    if (error instanceof TylerError) throw error
    // Stored hashes are missing: that is not the tree which was signed.
    return EMPTY_EDGE
  })
  return equalBytes(root, checkpoint.root) ? undefined : { ...about, cause: "forked" }
}

function ownCheckpoint(note: string, verifierKey: string, folder: string): Checkpoint {
  try {
    return openCheckpoint(note, verifierKey)
  } catch (error) {
    if (!(error instanceof NoteError)) throw error
    throw new StartFault(
      `The mirror ${folder} ends with a checkpoint that this database's log has not signed; set TYLER_MIRROR_DIR to this log's own mirror, or move that one's files away`,
    )
  }
}

/** What the operator is told at start. */
export function rollbackLine({ mirroredSize, storedSize, cause }: Rollback, folder: string): string {
  const found = cause === "smaller" ? `holds ${storedSize}` : "holds others"
  return `rolled back: the mirror ${folder} has seen ${mirroredSize} entries, the database ${found}; nothing is served until tyler-server accept-rollback`
}
