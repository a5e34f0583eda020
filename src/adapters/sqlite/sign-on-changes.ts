import type { ChangeOf } from "../../state/change.ts"
import type { IdentityProviderRow } from "../../state/rows.ts"
import { ConflictError } from "./conflict.ts"
import { requireSealing } from "./sealing.ts"
import type { Statements } from "./statements.ts"

/** Who vouches for people, and whom they vouched for. */
export const signOnChanges = {
  addIdentityProvider(sql: Statements, { row, limit }: ChangeOf<"addIdentityProvider">): void {
    if (sql.of("SELECT 1 FROM identity_provider WHERE id = ? OR issuer = ?").get(row.id, row.issuer))
      throw new ConflictError("provider_taken")
    const count = sql.of("SELECT count(*) AS n FROM identity_provider").get()
    if ((count?.["n"] as number) >= limit) throw new ConflictError("too_many")
    if (row.clientSecret !== null) requireSealing(sql, row.clientSecret.keyId)
    sql
      .of(`INSERT INTO identity_provider (issuer, client_id, scopes, label, enabled, role_rules, mfa_acr, mfa_amr,
             revision, updated_at, mac, id, created_at, secret_version, secret_key_id, secret_sealed)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(...providerFields(row), row.id, row.createdAt, ...secretFields(row))
  },

  putIdentityProvider(sql: Statements, { row, expectedRevision }: ChangeOf<"putIdentityProvider">): void {
    if (sql.of("SELECT 1 FROM identity_provider WHERE issuer = ? AND id <> ?").get(row.issuer, row.id))
      throw new ConflictError("provider_taken")
    const done = sql
      .of(`UPDATE identity_provider SET issuer = ?, client_id = ?, scopes = ?, label = ?, enabled = ?, role_rules = ?,
             mfa_acr = ?, mfa_amr = ?, revision = ?, updated_at = ?, mac = ? WHERE id = ? AND revision = ?`)
      .run(...providerFields(row), row.id, expectedRevision)
    if (done.changes !== 1) throw new ConflictError("gone")
    const [version, keyId, sealed] = secretFields(row)
    const other = sql.of("SELECT 1 FROM identity_provider WHERE id = ? AND secret_version IS NOT ?")
    if (!other.get(row.id, version)) return
    if (keyId !== null) requireSealing(sql, keyId)
    sql
      .of("UPDATE identity_provider SET secret_version = ?, secret_key_id = ?, secret_sealed = ? WHERE id = ?")
      .run(version, keyId, sealed, row.id)
  },

  removeIdentityProvider(sql: Statements, { id, expectedRevision }: ChangeOf<"removeIdentityProvider">): void {
    const done = sql.of("DELETE FROM identity_provider WHERE id = ? AND revision = ?").run(id, expectedRevision)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  rewrapClientSecrets(sql: Statements, { secrets }: ChangeOf<"rewrapClientSecrets">): void {
    for (const keyId of new Set(secrets.map((secret) => secret.keyId))) requireSealing(sql, keyId)
    const update = sql.of(`UPDATE identity_provider SET secret_key_id = ?, secret_sealed = ?
      WHERE id = ? AND secret_version = ? AND secret_key_id = ?`)
    for (const { providerId, version, fromKeyId, keyId, sealed } of secrets)
      update.run(keyId, sealed, providerId, version, fromKeyId)
  },

  addExternalIdentity(sql: Statements, { row, limit }: ChangeOf<"addExternalIdentity">): void {
    if (sql.of("SELECT 1 FROM external_identity WHERE issuer = ? AND subject = ?").get(row.issuer, row.subject))
      throw new ConflictError("identity_taken")
    const count = sql.of("SELECT count(*) AS n FROM external_identity WHERE principal_id = ?").get(row.principalId)
    if ((count?.["n"] as number) >= limit) throw new ConflictError("too_many")
    sql
      .of(`INSERT INTO external_identity (issuer, subject, id, principal_id, created_at, mac)
           VALUES (?, ?, ?, ?, ?, ?)`)
      .run(row.issuer, row.subject, row.id, row.principalId, row.createdAt, row.mac)
  },

  removeExternalIdentity(sql: Statements, { id, principalId }: ChangeOf<"removeExternalIdentity">): void {
    const done = sql.of("DELETE FROM external_identity WHERE id = ? AND principal_id = ?").run(id, principalId)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  checkIdentityProvider(sql: Statements, { id, revision }: ChangeOf<"checkIdentityProvider">): void {
    const there = sql.of("SELECT 1 FROM identity_provider WHERE id = ? AND revision = ?")
    if (!there.get(id, revision)) throw new ConflictError("gone")
  },
}

function providerFields(row: IdentityProviderRow) {
  return [
    row.issuer,
    row.clientId,
    JSON.stringify(row.scopes),
    row.label,
    Number(row.enabled),
    JSON.stringify(row.roleRules),
    JSON.stringify(row.mfaAcr),
    JSON.stringify(row.mfaAmr),
    row.revision,
    row.updatedAt,
    row.mac,
  ] as const
}

function secretFields({ clientSecret }: IdentityProviderRow) {
  return [clientSecret?.version ?? null, clientSecret?.keyId ?? null, clientSecret?.sealed ?? null] as const
}
