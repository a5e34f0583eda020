import type { Client } from "pg"
import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import { run } from "./run.ts"

const EMPTY = `UPDATE security_audit_log SET timestamp = NULL, request_id = NULL, action = NULL, result = NULL,
    resource_type = NULL, resource_name = NULL, user_id = NULL, principal_kind = NULL, roles = NULL, policy_ids = NULL,
    decision = NULL, version_id = NULL, grant_id = NULL, details = NULL, quota_use = NULL, salt = NULL,
    username = NULL, ip_text = NULL, user_agent = NULL, reason = NULL, commitment = NULL, erased_by = $1
  WHERE idx = ANY ($2::bigint[]) AND (erased_by IS NULL OR commitment IS NOT NULL)
    AND user_id NOT IN (SELECT person_id FROM legal_hold)`

export const retentionChanges = {
  async emptyEntries(db: Client, { name, indexes, upTo }: ChangeOf<"emptyEntries">, order: number): Promise<void> {
    if ((await run(db, EMPTY, [order, indexes])) === 0) throw new ConflictError("gone")
    await run(
      db,
      "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
      [`retained_${name}`, Buffer.from(String(upTo))],
    )
  },
}

/** What a hold kept may be due at once when it ends. */
export async function forgetRetained(db: Client): Promise<void> {
  await run(db, "UPDATE meta SET value = $1 WHERE starts_with(key, 'retained_')", [Buffer.from("0")])
}
