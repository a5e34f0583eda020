import { Worker } from "node:worker_threads"
import { extname } from "node:path"
import type { Act, LedgerWriter, Outcome } from "../../audit/ledger.ts"
import { TylerError } from "../../core/errors.ts"
import { type FromWorker, packActs, type ToWorker, unpackOutcomes, type WorkerStart } from "./messages.ts"

/** Acts of one transaction at most; bounds how long one fsync can hold everybody up. */
const BATCH_ACTS = 256

/** Acts that may wait; beyond it the caller hears `busy` at once rather than late. */
const QUEUE_ACTS = 10_000

/**
 * Turns of the event loop between two transactions. A turn with nothing to do takes microseconds; with 16 callers eight
 * of them make transactions of 15 acts, not of 8, and a read costs 8% less CPU than with two.
 */
const GATHER_TURNS = 8

interface Waiting {
  readonly acts: readonly Act[]
  readonly resolve: (outcomes: readonly Outcome[]) => void
  readonly reject: (error: Error) => void
}

/** Group commit over the worker thread: while one transaction is being written the next one gathers. */
class SqliteLedger implements LedgerWriter {
  readonly #worker: Worker
  #waiting: Waiting[] = []
  #waitingActs = 0
  #writing: readonly Waiting[] | undefined
  #dead = false
  #closing: (() => void) | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on("message", (message: FromWorker) => this.#heard(message))
    worker.on("error", () => this.#fail())
    worker.on("exit", () => this.#fail())
  }

  recordAll(acts: readonly Act[]): Promise<readonly Outcome[]> {
    if (this.#dead || this.#closing) return Promise.reject(new TylerError("unavailable", { cause: "ledger_stopped" }))
    if (this.#waitingActs + acts.length > QUEUE_ACTS) return Promise.reject(new TylerError("busy"))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ acts, resolve, reject })
      this.#waitingActs += acts.length
      // One turn of the loop lets requests that arrived together share the transaction.
      if (this.#writing === undefined && this.#waiting.length === 1) setImmediate(() => this.#next())
    })
  }

  close(): Promise<void> {
    if (this.#dead) return Promise.resolve()
    return new Promise((resolve) => {
      this.#closing = resolve
      if (this.#writing === undefined && this.#waiting.length === 0) this.#send({ kind: "close" })
    })
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  /** Lets those who are answered now ask again first, so that they share the next transaction. */
  #gather(turns: number): void {
    if (turns === 0) this.#next()
    else setImmediate(() => this.#gather(turns - 1))
  }

  #next(): void {
    if (this.#writing !== undefined) return
    if (this.#waiting.length === 0) {
      if (this.#closing) this.#send({ kind: "close" })
      return
    }
    const batch = this.#takeBatch()
    this.#writing = batch
    this.#send({ kind: "acts", acts: packActs(batch.flatMap((call) => call.acts)) })
  }

  /** Whole calls only: the acts of one call share a transaction, even when one call alone exceeds the bound. */
  #takeBatch(): readonly Waiting[] {
    let acts = 0
    let calls = 0
    for (const call of this.#waiting) {
      if (calls > 0 && acts + call.acts.length > BATCH_ACTS) break
      acts += call.acts.length
      calls++
    }
    const batch = this.#waiting.slice(0, calls)
    this.#waiting = this.#waiting.slice(calls)
    this.#waitingActs -= acts
    return batch
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
    this.#gather(GATHER_TURNS)
    if (message.kind === "fault") {
      for (const call of batch) call.reject(new TylerError("unavailable", { cause: message.cause }))
      return
    }
    const outcomes = unpackOutcomes(message.outcomes)
    let at = 0
    for (const call of batch) {
      call.resolve(outcomes.slice(at, at + call.acts.length))
      at += call.acts.length
    }
  }

  /** The worker died: whether the running transaction became durable is not known, so nothing is released. */
  #fail(): void {
    if (this.#dead) return
    this.#dead = true
    const lost = [...(this.#writing ?? []), ...this.#waiting]
    this.#writing = undefined
    this.#waiting = []
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
