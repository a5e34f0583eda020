import { createHash } from "node:crypto"
import { TylerError } from "../core/errors.ts"
import { identityProviderGenuine, identityProviderMac } from "../identity/row-mac.ts"
import type { IdentityProviderRow, RoleRule } from "../state/rows.ts"
import type { Service } from "./service.ts"

/** What whoever makes a provider says of it, but for its id and its secret. */
export type ProviderFields = Pick<
  IdentityProviderRow,
  "issuer" | "clientId" | "scopes" | "label" | "enabled" | "roleRules" | "mfaAcr" | "mfaAmr"
>

/** @throws TylerError `not_found`, `row_tampered` */
export async function genuineProvider(on: Service, id: string): Promise<IdentityProviderRow> {
  const row = await on.reader.identityProvider(id)
  if (row === undefined) throw noProvider()
  if (!identityProviderGenuine(on.keyring().rowsKey, row))
    throw new TylerError("row_tampered", {}, `identity provider ${id}`)
  return row
}

export function noProvider(): TylerError {
  return new TylerError("not_found", { error: "No such identity provider" })
}

export function signedProvider(on: Service, row: Omit<IdentityProviderRow, "mac">): IdentityProviderRow {
  return { ...row, mac: identityProviderMac(on.keyring().rowsKey, row) }
}

/** A row as the entry holds it. Values of claims may name people, so they stand as hashes: who knows one can check it. */
export function describedProvider(row: IdentityProviderRow): string {
  const { issuer, clientId, clientSecret, enabled, scopes, mfaAcr, mfaAmr, roleRules } = row
  const rules = roleRules.map((rule) => `${rule.claim}:${hashOf(rule)}:${rule.role}`)
  const secret = clientSecret?.version ?? null
  return JSON.stringify({ issuer, clientId, secret, enabled, scopes, mfaAcr, mfaAmr, rules })
}

function hashOf({ value }: RoleRule): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 16)
}
