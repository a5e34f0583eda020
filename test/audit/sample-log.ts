import { hash } from "node:crypto"
import { commitmentOf, leafTextOf } from "../../src/audit/canonical.ts"
import { signCheckpoint } from "../../src/audit/checkpoint.ts"
import { exportEnd, exportHeader, exportLine } from "../../src/audit/export.ts"
import { appendLeaf, EMPTY_EDGE, rootOf } from "../../src/audit/merkle.ts"
import { logKeyFromSeed } from "../../src/audit/note.ts"
import type { EntryRow } from "../../src/state/rows.ts"

/** A log with a fixed key, clock and content, odd texts included, for vectors and tests. */

export const SAMPLE_KEY = logKeyFromSeed("audit.example/sample", hash("sha256", "sample log key", "buffer"))
const START = Date.UTC(2026, 0, 1)

const ACTIONS = ["GET", "GET_CACHED", "CREATE", "UPDATE", "DELETE", "LIST", "ROTATE"] as const
const RESULTS = ["SUCCESS", "FAILURE", "DENIED", "INTENT", "UNKNOWN"] as const
const REASONS = [
  "nightly import of invoices",
  'quotes " and \\ backslashes \\" mixed',
  "Zählerstände für März prüfen",
  "tab\tnewline\nbell\u0007 delete\u007f",
  "emoji \u{1f511} and \u2028 separator",
  "",
  null,
] as const

/** Entry `index` as first written. */
export function sampleRow(index: number, over: Partial<EntryRow> = {}): EntryRow {
  const row: EntryRow = {
    index,
    timestamp: START + index * 1000,
    requestId: `req-${index}`,
    action: ACTIONS[index % ACTIONS.length] as string,
    result: RESULTS[index % RESULTS.length] as EntryRow["result"],
    resourceType: "secret",
    resourceName: `config/sample-${index % 9}`,
    userId: `person-${index % 4}`,
    principalKind: "person",
    roles: index % 3 === 0 ? [] : ["developer", "operator"].slice(0, index % 3),
    policyIds: [`policy-${index % 2}`],
    decision: "permit",
    versionId: index % 2 === 0 ? `version-${index}` : null,
    grantId: null,
    details: index % 5 === 0 ? `{"bytes":${index}}` : null,
    quotaUse: index % 3 === 0 ? index : null,
    salt: hash("sha256", `salt ${index}`, "buffer"),
    username: `user.${index % 4}`,
    ipAddress: index % 6 === 0 ? null : `192.0.2.${index % 250}`,
    userAgent: "curl/8.5.0",
    reason: REASONS[index % REASONS.length] as string | null,
    leafHash: Buffer.alloc(0),
    erasedBy: null,
    commitment: null,
    ...over,
  }
  return { ...row, leafHash: sealed(row) }
}

/** The leaf hash that belongs to what the row says. */
export function sealed(row: EntryRow): Buffer {
  const commitment = row.salt === null ? (row.commitment as Uint8Array) : commitmentOf(row.salt, row)
  return Buffer.from(leafTextOf(row, row.quotaUse, commitment), "base64")
}

/** The row after its person was erased by entry `order`. */
export function erased(row: EntryRow, order: number): EntryRow {
  const commitment = commitmentOf(row.salt as Uint8Array, row)
  return {
    ...row,
    salt: null,
    username: null,
    ipAddress: null,
    userAgent: null,
    reason: null,
    erasedBy: order,
    commitment,
  }
}

/** The row after retention by entry `order`: an export says no more of it than its leaf hash. */
export function emptied(row: EntryRow, order: number): EntryRow {
  return { ...row, erasedBy: order, commitment: null }
}

export function eraseOrder(index: number, person: string): EntryRow {
  return sampleRow(index, { action: "ERASE", result: "SUCCESS", resourceType: "person", resourceName: person })
}

export function retainOrder(index: number, from: number, to: number): EntryRow {
  return sampleRow(index, {
    action: "RETAIN",
    result: "SUCCESS",
    resourceType: "entries",
    resourceName: `${from}-${to}`,
  })
}

export function sampleRows(count: number): EntryRow[] {
  return Array.from({ length: count }, (_, index) => sampleRow(index))
}

/** The checkpoint that the log had once it held these rows. */
export function checkpointOf(rows: readonly EntryRow[], key = SAMPLE_KEY): string {
  let edge: Buffer = EMPTY_EDGE
  for (const [size, row] of rows.entries()) edge = appendLeaf(size, edge, row.leafHash).edge
  return signCheckpoint(key, rows.length, rootOf(edge))
}

/** Lines of an honest export. */
export function exportOf(rows: readonly EntryRow[], key = SAMPLE_KEY): string[] {
  return [exportHeader(key.origin), ...rows.map(exportLine), exportEnd(checkpointOf(rows, key))]
}
