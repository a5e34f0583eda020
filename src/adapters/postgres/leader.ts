import type { Client } from "pg"
import { connect, drop } from "./connect.ts"

/** Any number that no other program uses in the same database; "mirror" in ASCII. */
const LOCK = 0x6d6972726f72

/** Who of the replicas does what only one should: whoever holds an advisory lock, until its connection ends. */
export interface Leader {
  /** Tries to become it. False also while the database does not answer. */
  leads(): Promise<boolean>
  close(): void
}

export function leader(url: string): Leader {
  let held: Client | undefined
  let asking: Promise<boolean> | undefined

  async function ask(): Promise<boolean> {
    try {
      if (held !== undefined) {
        // The lock went with the connection, if that has ended.
        await held.query("SELECT 1")
        return true
      }
      const client = await connect({ url, name: "tyler-leader" })
      const { rows } = await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS held`)
      if (rows[0]?.held === true) held = client
      else drop(client)
      return held !== undefined
    } catch {
      if (held !== undefined) drop(held)
      held = undefined
      return false
    }
  }

  return {
    leads() {
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
    close() {
      if (held !== undefined) drop(held)
      held = undefined
    },
  }
}
