import type { EntryRow } from "../state/rows.ts"
import { spell } from "./line.ts"

/** The NDJSON export: spec/audit-log.md, rules EXP-1 to EXP-6. Each text here is one line; its newline is the caller's. */

export const EXPORT_VERSION = 1

export function exportHeader(origin: string): string {
  return JSON.stringify({ tyler: "audit-export", version: EXPORT_VERSION, origin, from: 0 })
}

/** One entry. An erased entry says so; one that retention has emptied has nothing else to say. */
export function exportLine(row: EntryRow): string {
  const { index, erasedBy } = row
  const leafHash = base64(row.leafHash)
  const commitment = row.commitment && base64(row.commitment)
  if (erasedBy !== null && isEmptied(row)) return spell({ index, leafHash, erasedBy })
  return spell({ ...row, salt: row.salt && base64(row.salt), leafHash, commitment })
}

/** Retention has left only number and leaf hash; SQLite still has its time, which is nobody's business any more. */
function isEmptied({ erasedBy, commitment }: EntryRow): boolean {
  return erasedBy !== null && commitment === null
}

/** @param checkpoint signed over exactly the entries of this export */
export function exportEnd(checkpoint: string): string {
  return JSON.stringify({ checkpoint })
}

/** An entry in an answer over HTTP: the guide's eleven columns in snake_case, the others in camelCase. */
export interface WireEntry {
  readonly id: number
  readonly user_id: string
  readonly resource_type: string
  readonly resource_name: string
  readonly action: string
  readonly result: string
  readonly reason: string | null
  readonly details: string | null
  readonly ip_address: string | null
  readonly user_agent: string | null
  /** ISO 8601, UTC. */
  readonly timestamp: string | null
  readonly requestId: string
  readonly username: string | null
  readonly principalKind: string
  readonly roles: readonly string[]
  readonly policyIds: readonly string[]
  readonly decision: string
  readonly versionId: string | null
  readonly grantId: string | null
  readonly quotaUse: number | null
  /** Base64. */
  readonly leafHash: string
  readonly erasedBy: number | null
}

export function toWire(row: EntryRow): WireEntry {
  return {
    id: row.index,
    user_id: row.userId,
    resource_type: row.resourceType,
    resource_name: row.resourceName,
    action: row.action,
    result: row.result,
    reason: row.reason,
    details: row.details,
    ip_address: row.ipAddress,
    user_agent: row.userAgent,
    timestamp: isEmptied(row) ? null : new Date(row.timestamp).toISOString(),
    requestId: row.requestId,
    username: row.username,
    principalKind: row.principalKind,
    roles: row.roles,
    policyIds: row.policyIds,
    decision: row.decision,
    versionId: row.versionId,
    grantId: row.grantId,
    quotaUse: row.quotaUse,
    leafHash: base64(row.leafHash),
    erasedBy: row.erasedBy,
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
}
