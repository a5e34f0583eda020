import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import { refuseIf, requireOne } from "./run.ts"

const INSERT = `INSERT INTO iam_binding (id, arn, account_id, created_at, mac)
  SELECT $1, $2, $3, at_ms($4), $5 WHERE (SELECT count(*) FROM iam_binding) < $6`

/** Whose AWS credentials programs log in with. */
export const iamChanges = {
  async addIamBinding(db: Client, { row, most }: ChangeOf<"addIamBinding">): Promise<void> {
    await refuseIf(db, "iam_bound", "SELECT 1 FROM iam_binding WHERE arn = $1", [row.arn])
    await requireOne(db, "iam_full", INSERT, [row.id, row.arn, row.accountId, row.createdAt, row.mac, most])
  },

  removeIamBinding(db: Client, { id }: ChangeOf<"removeIamBinding">): Promise<void> {
    return requireOne(db, "gone", "DELETE FROM iam_binding WHERE id = $1", [id])
  },

  requireIamBinding(db: Client, { id }: ChangeOf<"requireIamBinding">): Promise<void> {
    return requireOne(db, "gone", "SELECT 1 FROM iam_binding WHERE id = $1", [id])
  },
}
