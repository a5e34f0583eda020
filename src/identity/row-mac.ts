import { createHmac, type KeyObject } from "node:crypto"
import { equalBytes, lengthPrefixed } from "../core/bytes.ts"
import type { CredentialRow, PrincipalRow } from "../state/rows.ts"

/**
 * Authentication codes of the rows that grant something. Whoever can write the database but has no root key cannot make
 * himself an admin, and a session's row put back after its end fails, because the owner's epoch has moved on. Putting
 * back the owner's older row together with it is caught by rollback detection only.
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

/** @param ownerEpoch of the principal whose credential it is, while the code shall hold. */
export function credentialMac(key: KeyObject, row: Unsigned<CredentialRow>, ownerEpoch: number): Buffer {
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
    String(ownerEpoch),
  ])
}

export function principalGenuine(key: KeyObject, row: PrincipalRow): boolean {
  return equalBytes(principalMac(key, row), row.mac)
}

export function credentialGenuine(key: KeyObject, row: CredentialRow, ownerEpoch: number): boolean {
  return equalBytes(credentialMac(key, row, ownerEpoch), row.mac)
}

function mac(key: KeyObject, fields: readonly (string | Uint8Array | null)[]): Buffer {
  return createHmac("sha256", key).update(lengthPrefixed(fields)).digest()
}
