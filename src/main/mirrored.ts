import type { Mirror } from "../adapters/local/mirror.ts"
import { openCheckpoint } from "../audit/checkpoint.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import { rootAt } from "../audit/proof.ts"
import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
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

/** Holds the database against the newest mirrored checkpoint: it must be at least as long, with the same root there. */
export async function detectRollback(
  reader: StateReader,
  newest: string | undefined,
  verifierKey: string,
): Promise<Rollback | undefined> {
  if (newest === undefined) return undefined
  const checkpoint = openCheckpoint(newest, verifierKey)
  const { size } = await reader.head()
  const about = { mirroredSize: checkpoint.size, storedSize: size }
  if (size < checkpoint.size) return { ...about, cause: "smaller" }
  const source = {
    leafHashes: (from: number, to: number) => reader.leafHashes(from, to),
    node: (level: number, position: number) => reader.node(level, position),
  }
  const root = await rootAt(source, checkpoint.size)
  return equalBytes(root, checkpoint.root) ? undefined : { ...about, cause: "forked" }
}
