import { isMainThread, parentPort, workerData } from "node:worker_threads"
import type { Act } from "../../audit/ledger.ts"
import { signCheckpoint } from "../../audit/checkpoint.ts"
import { logKeyFromSeed } from "../../audit/note.ts"
import { appendActs } from "./append.ts"
import { emptyLog, openWriter } from "./database.ts"
import { inPlace } from "./in-place.ts"
import { asCause } from "./fault.ts"
import { type FromWorker, packOutcomes, type ToWorker, unpackActs, type WorkerStart } from "./messages.ts"
import { Statements } from "./statements.ts"

/**
 * The ledger's thread. It alone holds the writing connection, so no commit, checkpoint or busy wait ever runs on the
 * thread that answers HTTP.
 */
function serve(port: NonNullable<typeof parentPort>, start: WorkerStart): void {
  const db = openWriter(start.path)
  const sql = new Statements(db)
  const key = logKeyFromSeed(start.origin, start.logSeed)
  const requireInPlace = inPlace(start.path)
  let last = { size: -1, checkpoint: "" }
  /** An erasure has ended whose person may still lie in the write-ahead log. */
  let owesEmptying = false

  /** After the commit, never before: a signed root whose commit failed would be a fork. */
  const checkpointOf = (size: number, root: Uint8Array): string => {
    if (last.size !== size) last = { size, checkpoint: signCheckpoint(key, size, root) }
    return last.checkpoint
  }

  const recordActs = (acts: readonly Act[]): FromWorker => {
    try {
      requireInPlace()
      const { outcomes, size, root } = appendActs(sql, acts)
      requireInPlace()
      const checkpoint = checkpointOf(size, root)
      return { kind: "done", outcomes: packOutcomes(outcomes, checkpoint) }
    } catch (error) {
      return { kind: "fault", cause: asCause(error) }
    }
  }

  port.on("message", (message: ToWorker) => {
    if (message.kind === "acts") {
      const acts = unpackActs(message.acts)
      port.postMessage(recordActs(acts))
      owesEmptying ||= acts.some(({ changes }) => changes.some(({ kind }) => kind === "finishErasure"))
      if (owesEmptying) owesEmptying = !emptyLog(db)
      return
    }
    db.close()
    port.postMessage({ kind: "closed" } satisfies FromWorker)
    port.close()
  })
  port.postMessage({ kind: "ready" } satisfies FromWorker)
}

if (!isMainThread && parentPort) serve(parentPort, workerData as WorkerStart)
