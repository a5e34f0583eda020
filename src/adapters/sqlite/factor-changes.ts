import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

/** Second factors, and what works once. */
export const factorChanges = {
  addFactor(sql: Statements, { row }: ChangeOf<"addFactor">): void {
    const taken = sql.of("SELECT 1 FROM factor WHERE credential_id = ?")
    if (row.credentialId !== null && taken.get(row.credentialId)) throw new ConflictError("factor_taken")
    sql
      .of(`INSERT INTO factor (id, principal_id, kind, label, material, credential_id, facts, created_at, last_use, mac)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        row.id,
        row.principalId,
        row.kind,
        row.label,
        row.material,
        row.credentialId,
        row.facts,
        row.createdAt,
        row.lastUse,
        row.mac,
      )
  },

  putFactor(sql: Statements, { row, expectedLastUse }: ChangeOf<"putFactor">): void {
    const done = sql
      .of("UPDATE factor SET label = ?, last_use = ?, mac = ? WHERE id = ? AND principal_id = ? AND last_use = ?")
      .run(row.label, row.lastUse, row.mac, row.id, row.principalId, expectedLastUse)
    if (done.changes !== 1) throw new ConflictError("moved")
  },

  removeFactor(sql: Statements, { id, principalId }: ChangeOf<"removeFactor">): void {
    const done = sql.of("DELETE FROM factor WHERE id = ? AND principal_id = ?").run(id, principalId)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  removeFactorsOf(sql: Statements, { principalId }: ChangeOf<"removeFactorsOf">): void {
    sql.of("DELETE FROM factor WHERE principal_id = ?").run(principalId)
  },

  useOnce(sql: Statements, { id, expiresAt }: ChangeOf<"useOnce">): void {
    const done = sql.of("INSERT OR IGNORE INTO used_once (id, expires_at) VALUES (?, ?)").run(id, expiresAt)
    if (done.changes !== 1) throw new ConflictError("used")
  },
}
