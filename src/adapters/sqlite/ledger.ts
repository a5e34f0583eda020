import { Worker } from "node:worker_threads"
import { extname } from "node:path"
import { afterGathering, answerBatch, type Waiting, WaitingCalls } from "../../audit/gather.ts"
import type { Act, LedgerWriter, Outcome } from "../../audit/ledger.ts"
import { TylerError } from "../../core/errors.ts"
import { type FromWorker, packActs, type ToWorker, unpackOutcomes, type WorkerStart } from "./messages.ts"

/** Group commit over the worker thread: while one transaction is being written the next one gathers. */
class SqliteLedger implements LedgerWriter {
  readonly #worker: Worker
  readonly #waiting = new WaitingCalls()
  #writing: readonly Waiting[] | undefined
  #dead = false
  #closing: (() => void) | undefined
  #finishing = false

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on("message", (message: FromWorker) => this.#heard(message))
    worker.on("error", () => this.#fail())
    worker.on("exit", () => this.#fail())
  }

  recordAll(acts: readonly Act[]): Promise<readonly Outcome[]> {
    if (this.#dead || this.#closing) return Promise.reject(new TylerError("unavailable", { cause: "ledger_stopped" }))
    const first = this.#waiting.isEmpty
    return this.#waiting.join(acts, () => {
      // One turn of the loop lets requests that arrived together share the transaction.
      if (this.#writing === undefined && first) setImmediate(() => this.#next())
    })
  }

  close(): Promise<void> {
    if (this.#dead) return Promise.resolve()
    return new Promise((resolve) => {
      this.#closing = resolve
      if (this.#writing === undefined && this.#waiting.isEmpty) this.#finish()
    })
  }

  #finish(): void {
    if (this.#closing === undefined || this.#finishing) return
    this.#finishing = true
    this.#send({ kind: "close" })
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #next(): void {
    if (this.#writing !== undefined) return
    if (this.#waiting.isEmpty) {
      this.#finish()
      return
    }
    const batch = this.#waiting.takeBatch()
    this.#writing = batch
    this.#send({ kind: "acts", acts: packActs(batch.flatMap((call) => call.acts)) })
  }

  #heard(message: FromWorker): void {
    if (message.kind === "closed") {
      this.#dead = true
      this.#closing?.()
      return
    }
    if (message.kind === "ready" || this.#writing === undefined) return
    const batch = this.#writing
    this.#writing = undefined
    afterGathering(() => this.#next())
    if (message.kind === "fault") {
      for (const call of batch) call.reject(new TylerError("unavailable", { cause: message.cause }))
      return
    }
    answerBatch(batch, unpackOutcomes(message.outcomes))
  }

  /** The worker died: whether the running transaction became durable is not known, so nothing is released. */
  #fail(): void {
    if (this.#dead) return
    this.#dead = true
    const lost = [...(this.#writing ?? []), ...this.#waiting.takeAll()]
    this.#writing = undefined
    for (const call of lost) call.reject(new TylerError("unavailable", { cause: "ledger_stopped" }))
    this.#closing?.()
  }
}

/** Starts the ledger's thread and waits until it holds the database. */
export async function sqliteLedger(start: WorkerStart): Promise<LedgerWriter> {
  // The compiler rewrites import specifiers but not URLs, so the extension is our own file's.
  const entry = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)
  const worker = new Worker(entry, { workerData: start })
  await new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve())
    worker.once("error", (error) =>
      reject(new TylerError("unavailable", {}, `the ledger did not start: ${error.name}`)),
    )
  })
  return new SqliteLedger(worker)
}
