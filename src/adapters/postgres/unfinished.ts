import type { Client } from "pg"
import { StartFault } from "../../core/start-fault.ts"
import { connect, drop } from "./connect.ts"
import { asFault } from "./fault.ts"

/**
 * A restore fills the database in one transaction, so a kill leaves nothing of it but an empty schema, which the next start
 * would take for a new installation. This row of `meta` is committed before that transaction, which deletes it.
 */
const MARK = "restoring"

/** @throws what PostgreSQL says */
export async function markUnfinished(client: Client): Promise<void> {
  await client.query("INSERT INTO meta (key, value) VALUES ($1, '') ON CONFLICT DO NOTHING", [MARK])
}

/** @throws what PostgreSQL says */
export async function unmark(client: Client): Promise<void> {
  await client.query("DELETE FROM meta WHERE key = $1", [MARK])
}

/**
 * @param name for the message
 * @throws StartFault if a restore into this database began and did not end, TylerError `unavailable`
 */
export async function refuseUnfinished(url: string, name: string): Promise<void> {
  const client = await connect({ url, name: "tyler-look" }).catch((error: unknown) => {
    throw asFault(error)
  })
  let marked: number | null
  try {
    marked = (await client.query("SELECT 1 FROM meta WHERE key = $1", [MARK])).rowCount
  } catch (error) {
    throw asFault(error)
  } finally {
    drop(client)
  }
  if (marked === 0) return
  throw new StartFault(
    `A restore into the database ${name} did not end, and nothing of it is there; run it again, or use a new database`,
  )
}
