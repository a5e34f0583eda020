import { createHmac, type KeyObject } from "node:crypto"
import { equalBytes, lengthPrefixed } from "../core/bytes.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"

/**
 * Authentication codes of the rows that grant something. Whoever can write the database but has no root key cannot make
 * himself an admin. Putting back an older row with its older code is caught by rollback detection only.
 */
type Unsigned<Row> = Omit<Row, "mac">

const PRINCIPAL = "tyler-principal/1"
const CREDENTIAL = "tyler-credential/1"

export function principalMac(key: KeyObject, row: Unsigned<PrincipalRow>): Buffer {
  return mac(key, [
    PRINCIPAL,
    row.id,
    row.kind,
    row.name,
    lengthPrefixed(row.roles),
    String(row.disabled),
    String(row.epoch),
    row.passwordHash,
    String(row.mustChangePassword),
    row.ownerId,
    String(row.createdAt),
  ])
}

export function credentialMac(key: KeyObject, row: Unsigned<CredentialRow>): Buffer {
  return mac(key, [
    CREDENTIAL,
    row.id,
    row.tokenHash,
    row.principalId,
    row.kind,
    row.assurance,
    String(row.createdAt),
    String(row.expiresAt),
    row.label,
  ])
}

export function principalGenuine(key: KeyObject, row: PrincipalRow): boolean {
  return equalBytes(principalMac(key, row), row.mac)
}

export function credentialGenuine(key: KeyObject, row: CredentialRow): boolean {
  return equalBytes(credentialMac(key, row), row.mac)
}

function mac(key: KeyObject, fields: readonly (string | Uint8Array | null)[]): Buffer {
  return createHmac("sha256", key).update(lengthPrefixed(fields)).digest()
}
