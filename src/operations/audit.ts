import { exportEnd, exportHeader, exportLine } from "../audit/export.ts"
import { signCheckpoint } from "../audit/checkpoint.ts"
import { type LogKey, logKeyFromSeed, verifierKeyText } from "../audit/note.ts"
import { TylerError } from "../core/errors.ts"
import type { SecretName } from "../core/name.ts"
import { ADMIN, AUDITOR, isHalf } from "../core/principal.ts"
import type { EntryQuery } from "../state/reader.ts"
import type { EntryRow } from "../state/rows.ts"
import { actOf } from "./act.ts"
import { perform, type View } from "./perform.ts"
import { permitFor } from "./permission.ts"

import type { Caller, Service } from "./service.ts"

/** What everybody sees as the log's name; part of every checkpoint. */
export const LOG_ORIGIN = "tyler-setup/audit"

export function logKey(on: Pick<Service, "keyring">): LogKey {
  return logKeyFromSeed(LOG_ORIGIN, on.keyring().logSeed)
}

/** The verifier key an auditor keeps: signed-note `vkey` text. Public. */
export function publicLogKey(on: Pick<Service, "keyring">): string {
  return verifierKeyText(logKey(on))
}

/** The signed tree head as it is now. Public: it holds a count and a hash. */
export async function currentCheckpoint(on: Pick<Service, "keyring" | "reader">): Promise<string> {
  const head = await on.reader.head()
  return signCheckpoint(logKey(on), head.size, head.root)
}

/** Entries about one secret, newest first, for those with the verb `audit` on it. */
export function auditOfSecret(
  on: Service,
  caller: Caller,
  name: SecretName,
  query: Omit<EntryQuery, "resourceName">,
): Promise<readonly EntryRow[]> {
  const about = { action: "AUDIT_READ", resourceType: "secret", resourceName: name, reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      const permit = permitFor(on, view, "audit", name)
      const rows = await on.reader.entries({ ...query, resourceName: name })
      return { act: actOf(on, caller, view, about, { by: permit }), done: () => rows }
    },
  })
}

/** Entries about anything, for admins and auditors. */
export function auditLog(on: Service, caller: Caller, query: EntryQuery): Promise<readonly EntryRow[]> {
  const about = { action: "AUDIT_READ", resourceType: "audit", resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      const rows = await on.reader.entries(await byId(on, query))
      return { act: actOf(on, caller, view, about, { by: "role" }), done: () => rows }
    },
  })
}

/** People are asked for by name or id; entries are found by the id, which outlives a name. */
async function byId(on: Service, query: EntryQuery): Promise<EntryQuery> {
  if (query.userId === undefined) return query
  const row = await on.reader.principalByName(query.userId)
  return row === undefined ? query : { ...query, userId: row.id }
}

/** What an export covers is fixed, recorded and signed before its first line leaves. */
export async function exportAudit(on: Service, caller: Caller): Promise<AsyncIterable<string>> {
  const about = { action: "AUDIT_EXPORT", resourceType: "audit", resourceName: "ALL", reason: null }
  await perform(on, caller, {
    about,
    async plan(view) {
      requireAuditor(view)
      return { act: actOf(on, caller, view, about, { by: "role" }), done: () => undefined }
    },
  })
  const head = await on.reader.head()
  return exportLines(on, head.size, signCheckpoint(logKey(on), head.size, head.root))
}

const EXPORT_PAGE = 500

async function* exportLines(on: Service, size: number, checkpoint: string): AsyncIterable<string> {
  yield `${exportHeader(LOG_ORIGIN)}\n`
  for (let from = 0; from < size; from += EXPORT_PAGE) {
    const rows = await on.reader.entryRange(from, size, EXPORT_PAGE)
    yield rows.map((row) => `${exportLine(row)}\n`).join("")
  }
  yield `${exportEnd(checkpoint)}\n`
}

export function requireAuditor(view: View): void {
  const { roles, assurance, scope } = view.principal
  if (isHalf(assurance) || scope !== undefined || !(roles.includes(ADMIN) || roles.includes(AUDITOR)))
    throw new TylerError("forbidden", { requires: "role admin or auditor" })
}
