import type { ChangeOf } from "../../state/change.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

/** All that may go; the time stays because its column may not be null, and is not given out any more. */
const EMPTY = `UPDATE security_audit_log SET request_id = NULL, action = NULL, result = NULL, resource_type = NULL,
    resource_name = NULL, user_id = NULL, principal_kind = NULL, roles = NULL, policy_ids = NULL, decision = NULL,
    version_id = NULL, grant_id = NULL, details = NULL, quota_use = NULL, salt = NULL, username = NULL,
    ip_address = NULL, user_agent = NULL, reason = NULL, commitment = NULL, erased_by = ?1
  WHERE idx IN (SELECT value FROM json_each(?2)) AND (erased_by IS NULL OR commitment IS NOT NULL)
    AND user_id NOT IN (SELECT person_id FROM legal_hold)`

const keyOf = (name: string): string => `retained_${name}`

export const retentionChanges = {
  emptyEntries(sql: Statements, { name, indexes, upTo }: ChangeOf<"emptyEntries">, order: number): void {
    const done = sql.of(EMPTY).run(order, JSON.stringify(indexes))
    if (done.changes === 0) throw new ConflictError("gone")
    sql.of("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)").run(keyOf(name), Buffer.from(String(upTo)))
  },
}

/** What a hold kept may be due at once when it ends. */
export function forgetRetained(sql: Statements): void {
  sql.of("UPDATE meta SET value = ? WHERE key LIKE 'retained!_%' ESCAPE '!'").run(Buffer.from("0"))
}
