import { TylerError } from "../core/errors.ts"
import { openField, sealField } from "../envelope/field.ts"
import type { Change } from "../state/change.ts"
import type { IdentityProviderRow, RoleRule, SealedClientSecret } from "../state/rows.ts"
import { sealClientSecret } from "./client-secret.ts"
import type { View } from "./perform.ts"
import { genuineProvider, type ProviderFields, signedProvider } from "./provider-row.ts"
import { sealingKeyring } from "./sealing-key.ts"
import type { Service } from "./service.ts"

/** Rows at most: each is looked at by every list and every key rotation. */
export const PROVIDERS = 32

/** A new row, or one in place of another, as plain data: it may wait for a second person. */
export interface ProviderChange {
  readonly type: "provider"
  readonly id: string
  /** Of the row that it was made on; 0: there was none. On any other it is void. */
  readonly revision: number
  readonly fields: ProviderFields
  /** `keep`: the one that is there; null: none; else sealed, base64. */
  readonly clientSecret: string | null
}

/** No base64 of a sealed field is as short. */
export const KEEP = "keep"

/** @throws TylerError `invalid_request` where the secret would stay, though it was given for another issuer or client */
export function providerChange(
  on: Service,
  ask: { readonly id: string; readonly fields: ProviderFields; readonly clientSecret: string | null | undefined },
  old: IdentityProviderRow | undefined,
): ProviderChange {
  const { id, fields } = ask
  const moved = old?.issuer !== fields.issuer || old.clientId !== fields.clientId
  if (ask.clientSecret === undefined && moved && (old?.clientSecret ?? null) !== null)
    throw new TylerError("invalid_request", {
      field: "/clientSecret",
      error: "Another issuer or clientId needs its client secret to be given, or null",
    })
  const clientSecret = ask.clientSecret === undefined ? KEEP : ask.clientSecret && sealed(on, ask, ask.clientSecret)
  return { type: "provider", id, revision: old?.revision ?? 0, fields, clientSecret }
}

/** The rules by which somebody could come to a guarded role who could not before. */
export function opensRoles(
  guarded: ReadonlySet<string>,
  { fields }: ProviderChange,
  old: IdentityProviderRow | undefined,
): boolean {
  const giving = fields.enabled ? fields.roleRules.filter(({ role }) => guarded.has(role)) : []
  if (old === undefined || !old.enabled || old.issuer !== fields.issuer) return giving.length > 0
  return giving.some((rule) => !old.roleRules.some((had) => same(had, rule)))
}

function same(a: RoleRule, b: RoleRule): boolean {
  return a.claim === b.claim && a.value === b.value && a.role === b.role
}

/** @throws TylerError `not_found`, `row_tampered`; undefined where there must be none */
export async function rowBefore(on: Service, { id, revision }: ProviderChange) {
  return revision === 0 ? undefined : genuineProvider(on, id)
}

/** The row that the change comes to, and the change of state that writes it. */
export async function providerWritten(
  on: Service,
  view: View,
  change: ProviderChange,
  old: IdentityProviderRow | undefined,
): Promise<{ readonly row: IdentityProviderRow; readonly write: Change }> {
  const now = on.clock.now()
  const row = signedProvider(on, {
    ...change.fields,
    id: change.id,
    clientSecret: await secretOf(on, view, change, old),
    revision: change.revision + 1,
    createdAt: old?.createdAt ?? now,
    updatedAt: now,
  })
  const write: Change =
    old === undefined
      ? { kind: "addIdentityProvider", row, limit: PROVIDERS }
      : { kind: "putIdentityProvider", row, expectedRevision: old.revision }
  return { row, write }
}

async function secretOf(
  on: Service,
  view: View,
  { id, fields, clientSecret }: ProviderChange,
  old: IdentityProviderRow | undefined,
): Promise<SealedClientSecret | null> {
  if (clientSecret === null) return null
  if (clientSecret === KEEP) return old?.clientSecret ?? null
  const owner = { id, ...fields }
  const text = openField(on.keyring().rowsKey, placeOf(owner), Buffer.from(clientSecret, "base64"))
  return sealClientSecret(on, await sealingKeyring(on, view), owner, text.toString("utf8"))
}

function sealed(on: Service, { id, fields }: { readonly id: string; readonly fields: ProviderFields }, text: string) {
  return sealField(on.keyring().rowsKey, placeOf({ id, ...fields }), Buffer.from(text), on.random).toString("base64")
}

function placeOf({ id, issuer, clientId }: Pick<IdentityProviderRow, "id" | "issuer" | "clientId">): string[] {
  return ["client_secret", id, issuer, clientId]
}
