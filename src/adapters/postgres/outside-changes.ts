import type { Client } from "pg"
import { foldName } from "../../core/name.ts"
import type { ChangeOf } from "../../state/change.ts"
import { type SecretRow, UNSEALED } from "../../state/rows.ts"
import { refuseIf, requireOne, run } from "./run.ts"
import { insertVersion, replaceLabels } from "./version-rows.ts"

export const outsideChanges = {
  async addIntent(db: Client, { row, newName }: ChangeOf<"addIntent">, index: number): Promise<void> {
    if (newName) await requireFree(db, row.name)
    await run(
      db,
      `INSERT INTO outside_intent (id, idx, action, name, version_id, principal_id, changes, started_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, at_ms($8))`,
      [row.id, index, row.action, row.name, row.versionId, row.principalId, row.changes, row.startedAt],
    )
  },

  async settleIntent(db: Client, { id }: ChangeOf<"settleIntent">): Promise<void> {
    await requireOne(db, "gone", "DELETE FROM outside_intent WHERE id = $1", [id])
  },

  async putCatalog(db: Client, change: ChangeOf<"putCatalog">): Promise<void> {
    const { secret, versions, labels, expectedRevision } = change
    if (expectedRevision === null) await insertSecret(db, secret)
    else await updateSecret(db, secret, expectedRevision)
    for (const version of versions) await insertMissing(db, version)
    await replaceLabels(db, secret.id, labels)
  },

  async adoptSecret(db: Client, { secretId }: ChangeOf<"adoptSecret">): Promise<void> {
    const adopt = "UPDATE secret SET adopted = true, revision = revision + 1 WHERE id = $1 AND NOT adopted"
    await requireOne(db, "gone", adopt, [secretId])
  },
}

async function requireFree(db: Client, name: string): Promise<void> {
  const folded = foldName(name)
  await refuseIf(db, "name_taken", "SELECT 1 FROM secret WHERE folded_name = $1", [folded])
  const other = "SELECT 1 FROM outside_intent WHERE lower(name) = $1 AND name <> $2"
  await refuseIf(db, "name_taken", other, [folded, name])
}

async function insertSecret(db: Client, secret: SecretRow): Promise<void> {
  const folded = foldName(secret.name)
  await refuseIf(db, "name_taken", "SELECT 1 FROM secret WHERE folded_name = $1 OR id = $2", [folded, secret.id])
  await run(
    db,
    `INSERT INTO secret (id, name, folded_name, arn, description, tags, created_at, created_by, changed_at, revision,
       next_seq, deletion_at, adopted)
     VALUES ($1, $2, $3, $4, $5, $6, at_ms($7), $8, at_ms($9), $10, 1, at_ms($11), $12)`,
    [
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
      secret.adopted,
    ],
  )
}

async function updateSecret(db: Client, secret: SecretRow, expectedRevision: number): Promise<void> {
  await requireOne(
    db,
    "gone",
    `UPDATE secret SET description = $3, tags = $4, changed_at = at_ms($5), deletion_at = at_ms($6),
       revision = revision + 1
     WHERE id = $1 AND revision = $2`,
    [secret.id, expectedRevision, secret.description, JSON.stringify(secret.tags), secret.changedAt, secret.deletionAt],
  )
}

/** One that was found there without its head gets it from who put it there. */
async function insertMissing(db: Client, version: Parameters<typeof insertVersion>[1]): Promise<void> {
  const { secretId, versionId, keyId, sealed, createdAt, createdBy } = version
  const there = "SELECT 1 FROM secret_version WHERE secret_id = $1 AND version_id = $2"
  if ((await run(db, there, [secretId, versionId])) > 0) {
    const fill = `UPDATE secret_version SET key_id = $3, sealed = $4, created_at = at_ms($5), created_by = $6
      WHERE secret_id = $1 AND version_id = $2 AND key_id = ''`
    if (keyId !== UNSEALED) await run(db, fill, [secretId, versionId, keyId, sealed, createdAt, createdBy])
    return
  }
  const next = await db.query<{ seq: number }>({
    name: "nextSeq",
    text: "UPDATE secret SET next_seq = next_seq + 1 WHERE id = $1 RETURNING next_seq - 1 AS seq",
    values: [version.secretId],
  })
  await insertVersion(db, version, next.rows[0]?.seq ?? 0)
}
