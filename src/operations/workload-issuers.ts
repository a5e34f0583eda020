import { hash } from "node:crypto"
import { TylerError } from "../core/errors.ts"
import type { Reason } from "../core/reason.ts"
import { workloadIssuerGenuine, workloadIssuerMac } from "../identity/row-mac.ts"
import { parseSubjectPattern } from "../identity/subject-pattern.ts"
import type { WorkloadIssuerRow } from "../state/rows.ts"
import { requireAdmin } from "./accounts.ts"
import { actOf } from "./act.ts"
import { perform } from "./perform.ts"
import type { Caller, Service } from "./service.ts"

/** Issuers there may be. */
export const ISSUERS_MAX = 100

export type IssuerFields = Pick<
  WorkloadIssuerRow,
  "issuer" | "audience" | "jwksUri" | "jwks" | "allowPrivate" | "bindings"
>

export interface IssuerWrite {
  /** Null: a new one. */
  readonly id: string | null
  readonly fields: IssuerFields
  readonly reason: Reason
}

const RESOURCE = "workload_issuer"

export function listIssuers(on: Service, caller: Caller): Promise<readonly WorkloadIssuerRow[]> {
  const about = { action: "WORKLOAD_ISSUER_LIST", resourceType: RESOURCE, resourceName: "ALL", reason: null }
  return perform(on, caller, {
    about,
    async plan(view) {
      requireAdmin(view)
      const rows = await on.reader.workloadIssuers()
      return { act: actOf(on, caller, view, about, { by: "role admin" }), done: () => rows }
    },
  })
}

/** Adds or replaces an issuer. Sessions that its tokens opened before end by themselves, within 15 minutes. */
export function writeIssuer(on: Service, caller: Caller, ask: IssuerWrite): Promise<WorkloadIssuerRow> {
  const id = ask.id ?? on.random.uuid()
  const action = ask.id === null ? "WORKLOAD_ISSUER_CREATE" : "WORKLOAD_ISSUER_CHANGE"
  const about = { action, resourceType: RESOURCE, resourceName: id, reason: ask.reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const old = ask.id === null ? undefined : await issuerRow(on, ask.id)
      if (old === undefined && (await on.reader.workloadIssuers()).length >= ISSUERS_MAX)
        throw new TylerError("too_many_issuers", { limit: ISSUERS_MAX })
      await checkBindings(on, ask.fields)
      const now = on.clock.now()
      const bare = {
        ...ask.fields,
        id,
        createdAt: old?.createdAt ?? now,
        updatedAt: now,
        revision: (old?.revision ?? 0) + 1,
      }
      const row = { ...bare, mac: workloadIssuerMac(on.keyring().rowsKey, bare) }
      const details = `old=${rowText(old)} new=${rowText(row)}`
      const changes = [{ kind: "putWorkloadIssuer" as const, row }]
      return { act: actOf(on, caller, view, about, { by: "role admin", details, changes }), done: () => row }
    },
  })
}

export function removeIssuer(on: Service, caller: Caller, id: string, reason: Reason): Promise<void> {
  const about = { action: "WORKLOAD_ISSUER_DELETE", resourceType: RESOURCE, resourceName: id, reason }
  return perform(on, caller, {
    about,
    writes: true,
    async plan(view) {
      requireAdmin(view)
      const row = await on.reader.workloadIssuerById(id)
      if (row === undefined) throw new TylerError("not_found", { error: "No such issuer" })
      const details = `old=${rowText(row)}`
      const changes = [{ kind: "removeWorkloadIssuer" as const, id, revision: row.revision }]
      return { act: actOf(on, caller, view, about, { by: "role admin", details, changes }), done: () => undefined }
    },
  })
}

/** Never signs a row that fails its own code; such a one can only be removed. */
async function issuerRow(on: Service, id: string): Promise<WorkloadIssuerRow> {
  const row = await on.reader.workloadIssuerById(id)
  if (row === undefined) throw new TylerError("not_found", { error: "No such issuer" })
  if (!workloadIssuerGenuine(on.keyring().rowsKey, row)) throw new TylerError("row_tampered", {}, `issuer ${id}`)
  return row
}

async function checkBindings(on: Service, { bindings }: IssuerFields): Promise<void> {
  for (const [at, { subject, accountId }] of bindings.entries()) {
    const refuse = (name: string, rule: string): TylerError =>
      new TylerError("invalid_request", { field: `/bindings/${at}/${name}`, error: `bindings[${at}].${name} ${rule}` })
    if (parseSubjectPattern(subject) === undefined)
      throw refuse("subject", "must be a pattern whose first segment is literal")
    if ((await on.reader.principalById(accountId))?.kind !== "program")
      throw refuse("accountId", "must be the id of a service account")
  }
}

/** A row as the entry holds it; its own keys by their hash. */
function rowText(row: WorkloadIssuerRow | undefined): string {
  if (row === undefined) return "none"
  const { issuer, audience, jwksUri, jwks, allowPrivate, bindings } = row
  const keys = jwks === null ? null : hash("sha256", jwks, "hex")
  return JSON.stringify({ issuer, audience, jwksUri, jwks: keys, allowPrivate, bindings })
}
