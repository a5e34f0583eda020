import { UNSEALED } from "../../state/rows.ts"
import { ConflictError } from "./conflict.ts"
import type { Statements } from "./statements.ts"

/** @throws ConflictError unless the key seals now */
export function requireSealing(sql: Statements, keyId: string): void {
  if (keyId === UNSEALED) return
  const key = sql.of("SELECT 1 FROM keyring_key WHERE id = ? AND purpose = 'kek' AND state = 'active'")
  if (!key.get(keyId)) throw new ConflictError("key_moved")
}
