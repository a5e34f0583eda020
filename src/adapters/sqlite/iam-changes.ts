import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

/** Whose AWS credentials programs log in with. */
export const iamChanges = {
  addIamBinding(sql: Statements, { row, most }: ChangeOf<"addIamBinding">): void {
    if (sql.of("SELECT 1 FROM iam_binding WHERE arn = ?").get(row.arn)) throw new ConflictError("iam_bound")
    const done = sql
      .of(`INSERT INTO iam_binding (id, arn, account_id, created_at, mac)
           SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM iam_binding) < ?`)
      .run(row.id, row.arn, row.accountId, row.createdAt, row.mac, most)
    if (done.changes !== 1) throw new ConflictError("iam_full")
  },

  removeIamBinding(sql: Statements, { id }: ChangeOf<"removeIamBinding">): void {
    if (sql.of("DELETE FROM iam_binding WHERE id = ?").run(id).changes !== 1) throw new ConflictError("gone")
  },

  requireIamBinding(sql: Statements, { id }: ChangeOf<"requireIamBinding">): void {
    if (!sql.of("SELECT 1 FROM iam_binding WHERE id = ?").get(id)) throw new ConflictError("gone")
  },
}
