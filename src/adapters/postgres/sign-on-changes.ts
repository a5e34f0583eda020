import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import type { IdentityProviderRow } from "../../state/rows.ts"
import { ConflictError } from "./conflict.ts"
import { refuseIf, requireOne, run } from "./run.ts"
import { requireSealing } from "./sealing.ts"

/** Who vouches for people, and whom they vouched for. */
export const signOnChanges = {
  async addIdentityProvider(db: Client, { row, limit }: ChangeOf<"addIdentityProvider">): Promise<void> {
    const taken = "SELECT 1 FROM identity_provider WHERE id = $1 OR issuer = $2"
    await refuseIf(db, "provider_taken", taken, [row.id, row.issuer])
    if ((await run(db, "SELECT 1 FROM identity_provider", [])) >= limit) throw new ConflictError("too_many")
    if (row.clientSecret !== null) await requireSealing(db, row.clientSecret.keyId)
    await run(
      db,
      `INSERT INTO identity_provider (id, issuer, client_id, scopes, label, enabled, role_rules, mfa_acr, mfa_amr,
         revision, updated_at, mac, created_at, secret_version, secret_key_id, secret_sealed)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, at_ms($11), $12, at_ms($13), $14, $15, $16)`,
      [...providerFields(row), row.createdAt, ...secretFields(row)],
    )
  },

  async putIdentityProvider(db: Client, { row, expectedRevision }: ChangeOf<"putIdentityProvider">): Promise<void> {
    const taken = "SELECT 1 FROM identity_provider WHERE issuer = $1 AND id <> $2"
    await refuseIf(db, "provider_taken", taken, [row.issuer, row.id])
    const done = await run(
      db,
      `UPDATE identity_provider SET issuer = $2, client_id = $3, scopes = $4, label = $5, enabled = $6,
         role_rules = $7, mfa_acr = $8, mfa_amr = $9, revision = $10, updated_at = at_ms($11), mac = $12
       WHERE id = $1 AND revision = $13`,
      [...providerFields(row), expectedRevision],
    )
    if (done !== 1) throw new ConflictError("gone")
    const [version, keyId, sealed] = secretFields(row)
    const other = "SELECT 1 FROM identity_provider WHERE id = $1 AND secret_version IS DISTINCT FROM $2"
    if ((await run(db, other, [row.id, version])) === 0) return
    if (keyId !== null) await requireSealing(db, keyId)
    await run(
      db,
      "UPDATE identity_provider SET secret_version = $2, secret_key_id = $3, secret_sealed = $4 WHERE id = $1",
      [row.id, version, keyId, sealed],
    )
  },

  async removeIdentityProvider(
    db: Client,
    { id, expectedRevision }: ChangeOf<"removeIdentityProvider">,
  ): Promise<void> {
    const remove = "DELETE FROM identity_provider WHERE id = $1 AND revision = $2"
    if ((await run(db, remove, [id, expectedRevision])) !== 1) throw new ConflictError("gone")
  },

  async rewrapClientSecrets(db: Client, { secrets }: ChangeOf<"rewrapClientSecrets">): Promise<void> {
    for (const keyId of new Set(secrets.map((secret) => secret.keyId))) await requireSealing(db, keyId)
    const put = `UPDATE identity_provider SET secret_key_id = $4, secret_sealed = $5
      WHERE id = $1 AND secret_version = $2 AND secret_key_id = $3`
    for (const { providerId, version, fromKeyId, keyId, sealed } of secrets)
      await run(db, put, [providerId, version, fromKeyId, keyId, sealed])
  },

  async addExternalIdentity(db: Client, { row, limit }: ChangeOf<"addExternalIdentity">): Promise<void> {
    const taken = "SELECT 1 FROM external_identity WHERE issuer = $1 AND subject = $2"
    await refuseIf(db, "identity_taken", taken, [row.issuer, row.subject])
    const own = "SELECT 1 FROM external_identity WHERE principal_id = $1"
    if ((await run(db, own, [row.principalId])) >= limit) throw new ConflictError("too_many")
    await run(
      db,
      `INSERT INTO external_identity (issuer, subject, id, principal_id, created_at, mac)
       VALUES ($1, $2, $3, $4, at_ms($5), $6)`,
      [row.issuer, row.subject, row.id, row.principalId, row.createdAt, row.mac],
    )
  },

  async removeExternalIdentity(db: Client, { id, principalId }: ChangeOf<"removeExternalIdentity">): Promise<void> {
    const remove = "DELETE FROM external_identity WHERE id = $1 AND principal_id = $2"
    if ((await run(db, remove, [id, principalId])) !== 1) throw new ConflictError("gone")
  },

  checkIdentityProvider(db: Client, { id, revision }: ChangeOf<"checkIdentityProvider">): Promise<void> {
    return requireOne(db, "gone", "SELECT 1 FROM identity_provider WHERE id = $1 AND revision = $2", [id, revision])
  },
}

function providerFields(row: IdentityProviderRow): unknown[] {
  return [
    row.id,
    row.issuer,
    row.clientId,
    row.scopes,
    row.label,
    row.enabled,
    JSON.stringify(row.roleRules),
    row.mfaAcr,
    row.mfaAmr,
    row.revision,
    row.updatedAt,
    row.mac,
  ]
}

function secretFields({ clientSecret }: IdentityProviderRow) {
  return [clientSecret?.version ?? null, clientSecret?.keyId ?? null, clientSecret?.sealed ?? null] as const
}
