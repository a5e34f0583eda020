import type { LabelRow, VersionRow } from "../../state/rows.ts"
import type { Statements } from "./statements.ts"

export function insertVersion(sql: Statements, version: VersionRow, seq: number): void {
  sql
    .of(`INSERT INTO secret_version (secret_id, version_id, seq, key_id, sealed, created_at, created_by, last_accessed)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
    .run(
      version.secretId,
      version.versionId,
      seq,
      version.keyId,
      version.sealed,
      version.createdAt,
      version.createdBy,
      version.lastAccessed,
    )
}

export function replaceLabels(sql: Statements, secretId: string, labels: readonly LabelRow[]): void {
  sql.of("DELETE FROM secret_label WHERE secret_id = ?").run(secretId)
  insertLabels(sql, secretId, labels)
}

export function insertLabels(sql: Statements, secretId: string, labels: readonly LabelRow[]): void {
  const insert = sql.of("INSERT INTO secret_label (secret_id, label, version_id) VALUES (?, ?, ?)")
  for (const { label, versionId } of labels) insert.run(secretId, label, versionId)
}
