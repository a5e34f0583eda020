import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import { refuseIf, requireOne, run } from "./run.ts"

/** Second factors, and what works once. */
export const factorChanges = {
  async addFactor(db: Client, { row }: ChangeOf<"addFactor">): Promise<void> {
    await refuseIf(db, "factor_taken", "SELECT 1 FROM factor WHERE credential_id = $1", [row.credentialId])
    await run(
      db,
      `INSERT INTO factor (id, principal_id, kind, label, material, credential_id, facts, created_at, last_use, mac)
       VALUES ($1, $2, $3, $4, $5, $6, $7, at_ms($8), $9, $10)`,
      [
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
      ],
    )
  },

  putFactor(db: Client, { row, expectedLastUse }: ChangeOf<"putFactor">): Promise<void> {
    const put =
      "UPDATE factor SET label = $4, last_use = $5, mac = $6 WHERE id = $1 AND principal_id = $2 AND last_use = $3"
    return requireOne(db, "moved", put, [row.id, row.principalId, expectedLastUse, row.label, row.lastUse, row.mac])
  },

  removeFactor(db: Client, { id, principalId }: ChangeOf<"removeFactor">): Promise<void> {
    return requireOne(db, "gone", "DELETE FROM factor WHERE id = $1 AND principal_id = $2", [id, principalId])
  },

  async removeFactorsOf(db: Client, { principalId }: ChangeOf<"removeFactorsOf">): Promise<void> {
    await run(db, "DELETE FROM factor WHERE principal_id = $1", [principalId])
  },

  useOnce(db: Client, { id, expiresAt }: ChangeOf<"useOnce">): Promise<void> {
    const use = "INSERT INTO used_once (id, expires_at) VALUES ($1, at_ms($2)) ON CONFLICT DO NOTHING"
    return requireOne(db, "used", use, [id, expiresAt])
  },
}
