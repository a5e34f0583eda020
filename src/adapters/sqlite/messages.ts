import type { Act, Outcome } from "../../audit/ledger.ts"

/** What the ledger's worker thread is started with. */
export interface WorkerStart {
  readonly path: string
  readonly origin: string
  readonly logSeed: Uint8Array
}

export type ToWorker = { readonly kind: "acts"; readonly acts: readonly Act[] } | { readonly kind: "close" }

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly outcomes: readonly Outcome[] }
  | { readonly kind: "fault"; readonly cause: string }
  | { readonly kind: "closed" }
