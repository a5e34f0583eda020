import { TylerError } from "../core/errors.ts"
import type { Act, Outcome } from "./ledger.ts"

/** Acts of one transaction at most; bounds how long one commit can hold everybody up. */
export const BATCH_ACTS = 256

/** Acts that may wait; beyond it the caller hears `busy` at once rather than late. */
export const QUEUE_ACTS = 10_000

/**
 * Turns of the event loop between two transactions: those who are answered now may ask again first and share the next
 * one. A turn with nothing to do takes microseconds; with 16 callers eight of them make transactions of 15 acts, where
 * two made 8, and a read costs 8% less CPU.
 */
const GATHER_TURNS = 8

export interface Waiting {
  readonly acts: readonly Act[]
  readonly resolve: (outcomes: readonly Outcome[]) => void
  readonly reject: (error: Error) => void
}

/** Calls of `recordAll` that wait for a transaction, in order. */
export class WaitingCalls {
  #calls: Waiting[] = []
  #acts = 0

  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  /** @param added runs once the call is in line. Rejects with TylerError `busy` if too many acts wait already. */
  join(acts: readonly Act[], added: () => void): Promise<readonly Outcome[]> {
    if (this.#acts + acts.length > QUEUE_ACTS) return Promise.reject(new TylerError("busy"))
    return new Promise((resolve, reject) => {
      this.#calls.push({ acts, resolve, reject })
      this.#acts += acts.length
      added()
    })
  }

  /** Whole calls only: the acts of one call share a transaction, even when one call alone exceeds the bound. */
  takeBatch(): readonly Waiting[] {
    let acts = 0
    let calls = 0
    for (const call of this.#calls) {
      if (calls > 0 && acts + call.acts.length > BATCH_ACTS) break
      acts += call.acts.length
      calls++
    }
    this.#acts -= acts
    return this.#calls.splice(0, calls)
  }

  takeAll(): readonly Waiting[] {
    this.#acts = 0
    return this.#calls.splice(0)
  }
}

/** Gives each call of a batch the outcomes of its own acts. */
export function answerBatch(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
  let at = 0
  for (const { acts, resolve } of batch) resolve(outcomes.slice(at, (at += acts.length)))
}

/** Calls back after as many turns of the event loop as gather the next transaction. */
export function afterGathering(then: () => void, turns = GATHER_TURNS): void {
  if (turns === 0) then()
  else setImmediate(afterGathering, then, turns - 1)
}
