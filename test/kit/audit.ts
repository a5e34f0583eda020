import assert from "node:assert/strict"
import type { AuditAnswer, AuditEntry, LogKeyAnswer } from "../../src/api/audit.ts"
import { type Verdict, verifyExport } from "../../src/audit/verify.ts"
import type { Client } from "./client.ts"

export type Query = Readonly<Record<string, string>>

/** Entries in the log's order (the API answers newest first), all pages. Each page asked for is an entry itself. */
export async function entriesOf(admin: Client, query: Query = {}): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  let cursor: string | null = null
  do {
    const asked: Query = { limit: "1000", ...query, ...(cursor === null ? {} : { cursor }) }
    const answer = await admin.get<AuditAnswer>(`/api/audit?${new URLSearchParams(asked).toString()}`)
    assert.equal(answer.status, 200, answer.text)
    found.push(...answer.body.auditLogs)
    cursor = answer.body.nextCursor
  } while (cursor !== null)
  return found.toReversed()
}

/** The one entry of a refused request, named by the refusal's own `requestId`. */
export async function entryOf(admin: Client, requestId: unknown): Promise<AuditEntry> {
  const found = (await entriesOf(admin)).filter((entry) => entry.requestId === requestId)
  assert.equal(found.length, 1, `entries of request ${String(requestId)}`)
  return found[0] as AuditEntry
}

export interface Exported {
  /** As sent, byte for byte. */
  readonly text: string
  readonly lines: readonly string[]
  readonly key: string
}

export async function exportLog(admin: Client): Promise<Exported> {
  const { text, status } = await admin.get("/api/audit/export")
  assert.equal(status, 200, text)
  const { key } = (await admin.get<LogKeyAnswer>("/api/audit/key")).body
  return { text, lines: text.split("\n").slice(0, -1), key }
}

/** Verifies as an auditor would, with nothing but the export and the key. */
export function verdictOn(log: Exported, checkpoint?: string): Promise<Verdict> {
  return verifyExport(log.lines, { key: log.key, ...(checkpoint === undefined ? {} : { checkpoint }) })
}
