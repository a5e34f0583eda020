import { Readable } from "node:stream"
import { toWire } from "../../audit/export.ts"
import { type AuditFilter, parseAuditQuery, parseProofQuery, parseSecretAuditQuery } from "../../api/audit.ts"
import { invalidField } from "../../api/parse.ts"
import { parseSeenQuery } from "../../api/seen.ts"
import { auditLog, auditOfSecret, currentCheckpoint, exportAudit, publicLogKey } from "../../operations/audit.ts"
import { proveInclusion } from "../../operations/proof.ts"
import { seenSecrets } from "../../operations/seen.ts"
import type { EntryQuery } from "../../state/reader.ts"
import type { EntryRow } from "../../state/rows.ts"
import { cursorOf, cursorText } from "../cursor.ts"
import { nameInPath } from "../lift.ts"
import type { Handler } from "./handlers.ts"

export const auditRoutes = {
  "GET /api/secrets/{name}/audit": async ({ wiring, caller, request }) => {
    const name = nameInPath(request.raw, wiring.service.settings.nameLimit)
    const query = parseSecretAuditQuery(request.query, name)
    const rows = await auditOfSecret(wiring.service, caller, name, entryQuery(query))
    return { status: 200, body: { secretName: name, ...page(rows, query.limit) } }
  },

  "GET /api/audit": async ({ wiring, caller, request }) => {
    const query = parseAuditQuery(request.query)
    const rows = await auditLog(wiring.service, caller, entryQuery(query))
    return { status: 200, body: page(rows, query.limit) }
  },

  "GET /api/audit/seen": async ({ wiring, caller, request }) => {
    const { cursor, ...ask } = parseSeenQuery(request.query)
    const { since, person, seen, next } = await seenSecrets(wiring.service, caller, { ...ask, before: placeOf(cursor) })
    const body = {
      person,
      since: since === null ? null : timeText(since),
      seen: seen.map((one) => ({ ...one, lastRead: timeText(one.lastRead) })),
      nextCursor: next === null ? null : cursorOf(String(next)),
    }
    return { status: 200, body }
  },

  "GET /api/audit/export": async ({ wiring, caller }) => ({
    status: 200,
    headers: { "content-type": "application/x-ndjson; charset=utf-8", "cache-control": "no-store" },
    stream: Readable.from(await exportAudit(wiring.service, caller), { objectMode: false }),
  }),

  "GET /api/audit/checkpoint": async ({ wiring }) => ({
    status: 200,
    body: { checkpoint: await currentCheckpoint(wiring.service) },
  }),

  "GET /api/audit/key": async ({ wiring }) => ({ status: 200, body: { key: publicLogKey(wiring.service) } }),

  "GET /api/audit/proof": async ({ wiring, caller, request }) => {
    // No entry is written, so nothing else would notice that the session has ended.
    await caller.refresh()
    const { index, size } = parseProofQuery(request.query)
    const { leafHash, path } = await proveInclusion(wiring.service, index, size)
    const proof = path.map((hash) => Buffer.from(hash).toString("base64"))
    return { status: 200, body: { index, size, leafHash: Buffer.from(leafHash).toString("base64"), proof } }
  },
} satisfies Record<string, Handler>

/** A cursor is the index of the last entry looked at. */
function placeOf(cursor: string | null): number | null {
  if (cursor === null) return null
  const text = cursorText(cursor)
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text)) throw invalidField("/cursor", "not a cursor of this server")
  return Number(text)
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}

function page(rows: readonly EntryRow[], limit: number): object {
  const last = rows.at(-1)
  const more = rows.length === limit && last !== undefined && last.index > 0
  return { auditLogs: rows.map(toWire), total: rows.length, nextCursor: more ? String(last.index) : null }
}

function entryQuery(filter: AuditFilter): EntryQuery {
  return {
    limit: filter.limit,
    ...(filter.from === null ? {} : { from: filter.from }),
    ...(filter.to === null ? {} : { to: filter.to }),
    ...(filter.before === null ? {} : { before: filter.before }),
    ...(filter.action === null ? {} : { action: filter.action }),
    ...(filter.result === null ? {} : { result: filter.result }),
    ...(filter.resource === null ? {} : { resourceName: filter.resource }),
    ...(filter.user === null ? {} : { userId: filter.user }),
  }
}
