import type { Client } from "pg"
import { UNSEALED } from "../../state/rows.ts"
import { ConflictError } from "./conflict.ts"
import { run } from "./run.ts"

/** @throws ConflictError unless the key seals now */
export async function requireSealing(db: Client, keyId: string): Promise<void> {
  if (keyId === UNSEALED) return
  const key = "SELECT 1 FROM keyring_key WHERE id = $1 AND purpose = 'kek' AND state = 'active'"
  if ((await run(db, key, [keyId])) === 0) throw new ConflictError("key_moved")
}
