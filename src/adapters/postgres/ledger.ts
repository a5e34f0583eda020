import type { Client } from "pg"
import { afterGathering, answerBatch, type Waiting, WaitingCalls } from "../../audit/gather.ts"
import type { Act, LedgerWriter, Outcome } from "../../audit/ledger.ts"
import { TylerError } from "../../core/errors.ts"
import { connect, drop, type Patience } from "./connect.ts"
import { asFault, isUnstorable } from "./fault.ts"
import { joinServing } from "./presence.ts"
import { writeActs } from "./transaction.ts"

export interface LedgerStart {
  readonly url: string
  /** Signs what is durable: `signCheckpoint` with the log's key. */
  readonly sign: (size: number, root: Uint8Array) => string
  readonly patience?: Patience
  /** A server's own: told by presence.ts. */
  readonly serving?: true
}

/** Group commit over one connection: while one transaction is being written the next one gathers. */
class PostgresLedger implements LedgerWriter {
  readonly #start: LedgerStart
  #client: Client | undefined
  readonly #waiting = new WaitingCalls()
  #writing: Promise<void> | undefined
  #closed = false

  constructor(start: LedgerStart) {
    this.#start = start
  }

  recordAll(acts: readonly Act[]): Promise<readonly Outcome[]> {
    if (this.#closed) return Promise.reject(new TylerError("unavailable", { cause: "ledger_stopped" }))
    if (acts.length === 0) return Promise.resolve([])
    return this.#waiting.join(acts, () => {
      this.#writing ??= this.#drain()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#writing
    if (this.#client !== undefined) drop(this.#client)
    this.#client = undefined
  }

  async #drain(): Promise<void> {
    // One turn of the loop lets requests that arrived together share the transaction.
    await new Promise((resolve) => setImmediate(resolve))
    while (!this.#waiting.isEmpty) {
      const batch = this.#waiting.takeBatch()
      if (!(await this.#settle(batch))) for (const call of batch) await this.#settle([call])
      await new Promise<void>((resolve) => afterGathering(resolve))
    }
    this.#writing = undefined
  }

  /**
   * Writes a batch and answers its calls. False if something in it cannot be stored: then nothing was done or
   * answered, and each call is to be tried alone, so that one act cannot refuse the others.
   */
  async #settle(batch: readonly Waiting[]): Promise<boolean> {
    try {
      answerBatch(batch, await this.#write(batch.flatMap(({ acts }) => acts)))
    } catch (error) {
      const fault = asFault(error)
      if (isUnstorable(fault) && batch.length > 1) return false
      for (const { reject } of batch) reject(asFault(error))
    }
    return true
  }

  async #write(acts: readonly Act[]): Promise<Outcome[]> {
    const client = await this.#connected()
    try {
      const { outcomes, size, root } = await writeActs(client, acts)
      // After the commit, never before: a signed root whose commit failed would be a fork.
      const checkpoint = outcomes.some((one) => !("moved" in one)) ? this.#start.sign(size, root) : ""
      return outcomes.map((one) => ("moved" in one ? one : { ...one, checkpoint }))
    } catch (error) {
      // What state the connection is in after any other error is not worth finding out.
      if (!isUnstorable(asFault(error))) this.#forget(client)
      throw error
    }
  }

  async #connected(): Promise<Client> {
    if (this.#client !== undefined) return this.#client
    const { url, patience } = this.#start
    try {
      const client = await connect({ url, name: "tyler-ledger", ...(patience && { patience }) })
      client.on("end", () => this.#forget(client))
      await client.query(SESSION)
      if (this.#start.serving === true && !(await joinServing(client))) {
        drop(client)
        throw new TylerError("unavailable", { cause: "maintenance" })
      }
      this.#client = client
      return client
    } catch (error) {
      // The server is gone: those who wait behind would only hear the same, later.
      this.#refuseWaiting(error)
      throw error
    }
  }

  #refuseWaiting(error: unknown): void {
    for (const { reject } of this.#waiting.takeAll()) reject(asFault(error))
  }

  #forget(client: Client): void {
    if (this.#client === client) this.#client = undefined
    drop(client)
  }
}

/**
 * What this role or database may have set otherwise is put right: a commit that was answered is on disk. Every
 * statement of the ledger is by key, so a plan made while a table was empty must not scan it once it is large.
 */
const SESSION = `SET enable_seqscan = off;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`

/** Connects with the first act, and again after a loss. */
export function postgresLedger(start: LedgerStart): LedgerWriter {
  return new PostgresLedger(start)
}
