import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

/** Whose tokens programs log in with. */
export const workloadChanges = {
  putWorkloadIssuer(sql: Statements, { row }: ChangeOf<"putWorkloadIssuer">): void {
    if (sql.of("SELECT 1 FROM workload_issuer WHERE issuer = ? AND id <> ?").get(row.issuer, row.id))
      throw new ConflictError("issuer_taken")
    const values = [row.issuer, row.audience, row.jwksUri, row.jwks, Number(row.allowPrivate)] as const
    const rest = [JSON.stringify(row.bindings), row.createdAt, row.updatedAt, row.revision, row.mac] as const
    const done =
      row.revision === 1
        ? sql
            .of(`INSERT INTO workload_issuer (issuer, audience, jwks_uri, jwks, allow_private, bindings, created_at,
                   updated_at, revision, mac, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
            .run(...values, ...rest, row.id)
        : sql
            .of(`UPDATE workload_issuer SET issuer = ?, audience = ?, jwks_uri = ?, jwks = ?, allow_private = ?,
                   bindings = ?, created_at = ?, updated_at = ?, revision = ?, mac = ? WHERE id = ? AND revision = ?`)
            .run(...values, ...rest, row.id, row.revision - 1)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  removeWorkloadIssuer(sql: Statements, { id, revision }: ChangeOf<"removeWorkloadIssuer">): void {
    const done = sql.of("DELETE FROM workload_issuer WHERE id = ? AND revision = ?").run(id, revision)
    if (done.changes !== 1) throw new ConflictError("gone")
  },

  requireWorkloadIssuer(sql: Statements, { id, revision }: ChangeOf<"requireWorkloadIssuer">): void {
    if (!sql.of("SELECT 1 FROM workload_issuer WHERE id = ? AND revision = ?").get(id, revision))
      throw new ConflictError("gone")
  },
}
