import { entryHead, entryTail, leafHashOf } from "../audit/canonical.ts"
import { rootAt } from "../audit/proof.ts"
import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Turn } from "../core/turn.ts"
import type { StateReader } from "../state/reader.ts"
import type { EntryRow } from "../state/rows.ts"

/** What was found in the audit log itself. */
export interface LogLook {
  readonly size: number
  /** Wall time in ms of the newest entry. */
  readonly lastTime: number
  /** The root, computed anew from stored hashes, is the one that is signed. */
  readonly rootAgrees: boolean
  /** Newest entries whose leaf hash was computed anew. */
  readonly rehashed: number
  /** Of these, that are not what their hash says. */
  readonly wrong: readonly number[]
}

/** Newest entries that are computed anew: about 10 ms. The whole log is `tyler audit verify`'s to verify. */
const REHASHED = 1_000
const PAGE = 100

export async function logOf(
  reader: Pick<StateReader, "head" | "entryRange" | "leafHashes" | "node">,
  turn: Turn,
): Promise<LogLook> {
  const { size, root, lastTime } = await reader.head()
  const computed = await rootAt(reader, size).catch(missing)
  const wrong: number[] = []
  let rehashed = 0
  for (let from = Math.max(0, size - REHASHED); from < size; from += PAGE)
    for (const row of await reader.entryRange(from, Math.min(size, from + PAGE), PAGE)) {
      await turn.giveWay()
      if (row.erasedBy !== null) continue
      rehashed++
      if (!isItself(row)) wrong.push(row.index)
    }
  return { size, lastTime, rootAgrees: computed !== null && equalBytes(computed, root), rehashed, wrong }
}

function isItself(row: EntryRow): boolean {
  return row.salt?.byteLength === 32 && equalBytes(leafHashOf(entryHead(row), entryTail(row.quotaUse)), row.leafHash)
}

/** A hash that is not there makes no tree. That the database does not answer is another thing. */
function missing(error: unknown): null {
  if (error instanceof TylerError) throw error
  return null
}
