import { foldName } from "../../core/name.ts"
import type { ChangeOf } from "../../state/change.ts"
import { type SecretRow, UNSEALED, type VersionRow } from "../../state/rows.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"
import { insertVersion, replaceLabels } from "./version-rows.ts"

export const outsideChanges = {
  addIntent(sql: Statements, { row, newName }: ChangeOf<"addIntent">, index: number): void {
    if (newName) requireFree(sql, row.name)
    sql
      .of(`INSERT INTO outside_intent (id, idx, action, name, version_id, principal_id, changes, started_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(row.id, index, row.action, row.name, row.versionId, row.principalId, row.changes, row.startedAt)
  },

  settleIntent(sql: Statements, { id }: ChangeOf<"settleIntent">): void {
    if (sql.of("DELETE FROM outside_intent WHERE id = ?").run(id).changes !== 1) throw new ConflictError("gone")
  },

  putCatalog(sql: Statements, { secret, versions, labels, expectedRevision }: ChangeOf<"putCatalog">): void {
    if (expectedRevision === null) insertSecret(sql, secret)
    else updateSecret(sql, secret, expectedRevision)
    for (const version of versions) insertMissing(sql, version)
    replaceLabels(sql, secret.id, labels)
  },

  adoptSecret(sql: Statements, { secretId }: ChangeOf<"adoptSecret">): void {
    const adopt = sql.of("UPDATE secret SET adopted = 1, revision = revision + 1 WHERE id = ? AND adopted = 0")
    if (adopt.run(secretId).changes !== 1) throw new ConflictError("gone")
  },
}

function requireFree(sql: Statements, name: string): void {
  const folded = foldName(name)
  const there = sql.of("SELECT 1 FROM secret WHERE folded_name = ?").get(folded)
  const begun = sql.of("SELECT 1 FROM outside_intent WHERE lower(name) = ? AND name <> ?").get(folded, name)
  if (there || begun) throw new ConflictError("name_taken")
}

function insertSecret(sql: Statements, secret: SecretRow): void {
  const folded = foldName(secret.name)
  const taken = sql.of("SELECT 1 FROM secret WHERE folded_name = ? OR id = ?").get(folded, secret.id)
  if (taken) throw new ConflictError("name_taken")
  sql
    .of(`INSERT INTO secret (id, name, folded_name, arn, description, tags, created_at, created_by, changed_at, revision,
           next_seq, deletion_at, adopted)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`)
    .run(
      secret.id,
      secret.name,
      folded,
      secret.arn,
      secret.description,
      JSON.stringify(secret.tags),
      secret.createdAt,
      secret.createdBy,
      secret.changedAt,
      secret.revision,
      secret.deletionAt,
      Number(secret.adopted),
    )
}

function updateSecret(sql: Statements, secret: SecretRow, expectedRevision: number): void {
  const done = sql
    .of(`UPDATE secret SET description = ?, tags = ?, changed_at = ?, deletion_at = ?, revision = revision + 1
         WHERE id = ? AND revision = ?`)
    .run(
      secret.description,
      JSON.stringify(secret.tags),
      secret.changedAt,
      secret.deletionAt,
      secret.id,
      expectedRevision,
    )
  if (done.changes !== 1) throw new ConflictError("gone")
}

/** One that was found there without its head gets it from who put it there. */
function insertMissing(sql: Statements, version: VersionRow): void {
  const there = sql.of("SELECT 1 FROM secret_version WHERE secret_id = ? AND version_id = ?")
  if (there.get(version.secretId, version.versionId)) {
    const { secretId, versionId, keyId, sealed, createdAt, createdBy } = version
    if (keyId === UNSEALED) return
    sql
      .of(`UPDATE secret_version SET key_id = ?, sealed = ?, created_at = ?, created_by = ?
           WHERE secret_id = ? AND version_id = ? AND key_id = ''`)
      .run(keyId, sealed, createdAt, createdBy, secretId, versionId)
    return
  }
  const next = sql
    .of("UPDATE secret SET next_seq = next_seq + 1 WHERE id = ? RETURNING next_seq - 1 AS seq")
    .get(version.secretId)
  insertVersion(sql, version, next?.["seq"] as number)
}
