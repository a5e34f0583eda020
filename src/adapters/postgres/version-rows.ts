import type { Client } from "pg"
import type { LabelRow, VersionRow } from "../../state/rows.ts"
import { run } from "./run.ts"

export async function insertVersion(db: Client, version: VersionRow, seq: number): Promise<void> {
  const { secretId, versionId, keyId, sealed, createdAt, createdBy, lastAccessed } = version
  await run(
    db,
    `INSERT INTO secret_version (secret_id, version_id, seq, key_id, sealed, created_at, created_by, last_accessed)
     VALUES ($1, $2, $3, $4, $5, at_ms($6), $7, $8)`,
    [secretId, versionId, seq, keyId, sealed, createdAt, createdBy, lastAccessed],
  )
}

export async function replaceLabels(db: Client, secretId: string, labels: readonly LabelRow[]): Promise<void> {
  await run(db, "DELETE FROM secret_label WHERE secret_id = $1", [secretId])
  await insertLabels(db, secretId, labels)
}

export async function insertLabels(db: Client, secretId: string, labels: readonly LabelRow[]): Promise<void> {
  await run(
    db,
    `INSERT INTO secret_label (secret_id, label, version_id)
     SELECT $1, label, version_id FROM unnest($2::text[], $3::text[]) AS l (label, version_id)`,
    [secretId, labels.map(({ label }) => label), labels.map(({ versionId }) => versionId)],
  )
}
