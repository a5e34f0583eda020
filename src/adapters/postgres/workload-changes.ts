import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import { refuseIf, requireOne } from "./run.ts"

const INSERT = `INSERT INTO workload_issuer (id, issuer, audience, jwks_uri, jwks, allow_private, bindings, created_at,
    updated_at, revision, mac)
  VALUES ($1, $2, $3, $4, $5, $6, $7, at_ms($8), at_ms($9), $10, $11)`
const UPDATE = `UPDATE workload_issuer SET issuer = $2, audience = $3, jwks_uri = $4, jwks = $5, allow_private = $6,
    bindings = $7, created_at = at_ms($8), updated_at = at_ms($9), revision = $10, mac = $11
  WHERE id = $1 AND revision = $10 - 1`

/** Whose tokens programs log in with. */
export const workloadChanges = {
  async putWorkloadIssuer(db: Client, { row }: ChangeOf<"putWorkloadIssuer">): Promise<void> {
    const taken = "SELECT 1 FROM workload_issuer WHERE issuer = $1 AND id <> $2"
    await refuseIf(db, "issuer_taken", taken, [row.issuer, row.id])
    await requireOne(db, "gone", row.revision === 1 ? INSERT : UPDATE, [
      row.id,
      row.issuer,
      row.audience,
      row.jwksUri,
      row.jwks,
      row.allowPrivate,
      JSON.stringify(row.bindings),
      row.createdAt,
      row.updatedAt,
      row.revision,
      row.mac,
    ])
  },

  removeWorkloadIssuer(db: Client, { id, revision }: ChangeOf<"removeWorkloadIssuer">): Promise<void> {
    return requireOne(db, "gone", "DELETE FROM workload_issuer WHERE id = $1 AND revision = $2", [id, revision])
  },

  requireWorkloadIssuer(db: Client, { id, revision }: ChangeOf<"requireWorkloadIssuer">): Promise<void> {
    return requireOne(db, "gone", "SELECT 1 FROM workload_issuer WHERE id = $1 AND revision = $2", [id, revision])
  },
}
