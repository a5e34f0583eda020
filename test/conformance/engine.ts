import type { LedgerWriter } from "../../src/audit/ledger.ts"
import { logKeyFromSeed } from "../../src/audit/note.ts"
import type { StateReader } from "../../src/state/reader.ts"
import { keyRow, policyRow } from "./rows.ts"

/** One database of its own with everything that reads and writes it. */
export interface Engine {
  readonly reader: StateReader
  readonly ledger: LedgerWriter
  /** Closes everything and opens the same database again. */
  reopen(): Promise<void>
  /** Closes everything and removes the database. */
  close(): Promise<void>
  /** Runs SQL past the ledger, as somebody with the database's password could. */
  tamper(sql: string): Promise<void>
  /** The same with the audit log's guard taken away meanwhile, as its owner could. */
  withoutGuard(sql: string): Promise<void>
  /** What an erasure empties, as columns. */
  readonly personalColumns: readonly string[]
  /** A commitment of 32 bytes as an SQL literal. */
  readonly commitment: string
  /** Pretends that the log already has `size` entries with this right edge. */
  placeHead(size: number, edge: Uint8Array): Promise<void>
}

export interface EngineFactory {
  readonly name: string
  /** A new database with the birth below. */
  open(): Promise<Engine>
}

/** Every engine under test starts with these rows, at policy epoch 1. */
export const BIRTH = {
  rootKeyCheck: Buffer.alloc(32, 7),
  keys: [keyRow("kek-1", { createdAt: 1 }), keyRow("log-1", { purpose: "log", createdAt: 2 })],
  policies: [policyRow("config", { secretPattern: "config/*" }), policyRow("unmatched", { secretPattern: "**" })],
  policyMac: Buffer.alloc(32, 9),
} as const

export const LOG_KEY = logKeyFromSeed("audit.example/conformance", Buffer.alloc(32, 3))
export const LOG_SEED: Uint8Array = Buffer.alloc(32, 3)
