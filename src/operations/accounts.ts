import { TylerError } from "../core/errors.ts"
import { ADMIN } from "../core/principal.ts"
import { newToken } from "../identity/credential.ts"
import { credentialMac, principalGenuine, principalMac } from "../identity/row-mac.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"
import type { View } from "./perform.ts"
import type { Service } from "./service.ts"

/** Rows with their authentication codes; no other place makes one. */
export function signedPrincipal(on: Service, row: Omit<PrincipalRow, "mac">): PrincipalRow {
  return { ...row, mac: principalMac(on.keyring().rowsKey, row) }
}

/**
 * The same principal one epoch later: what any process holds of it no longer records. Never signs a row that fails its
 * own code: whoever can write the database would only have to wait until somebody changes what he wrote.
 * @throws TylerError `row_tampered`
 */
export function nextEpoch(on: Service, row: PrincipalRow, change: Partial<PrincipalRow> = {}): PrincipalRow {
  return signedPrincipal(on, { ...genuine(on, row), ...change, epoch: row.epoch + 1 })
}

/** @throws TylerError `row_tampered` */
export function genuine(on: Service, row: PrincipalRow): PrincipalRow {
  if (!principalGenuine(on.keyring().rowsKey, row)) throw new TylerError("row_tampered", {}, `principal ${row.id}`)
  return row
}

export interface NewCredential {
  readonly kind: CredentialRow["kind"]
  readonly principalId: string
  readonly assurance: CredentialRow["assurance"]
  readonly lifetimeMs: number
  readonly label: string
}

export function signedCredential(on: Service, wanted: NewCredential): { token: string; row: CredentialRow } {
  const { token, tokenHash } = newToken(wanted.kind, on.random)
  const createdAt = on.clock.now()
  const bare = {
    id: on.random.uuid(),
    tokenHash,
    principalId: wanted.principalId,
    kind: wanted.kind,
    assurance: wanted.assurance,
    createdAt,
    expiresAt: createdAt + wanted.lifetimeMs,
    label: wanted.label,
  }
  return { token, row: { ...bare, mac: credentialMac(on.keyring().rowsKey, bare) } }
}

/** People and policies are administered by admins; half a session administers nothing. */
export function requireAdmin(view: View): void {
  const { roles, assurance } = view.principal
  if (assurance === "half" || !roles.includes(ADMIN)) throw new TylerError("forbidden", { requires: "role admin" })
}
