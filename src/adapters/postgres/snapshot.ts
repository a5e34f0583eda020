import type { Client } from "pg"
import type { Snapshot, Span } from "../../state/snapshot.ts"
import type { Table } from "../../state/tables.ts"
import { selectOf } from "./cells.ts"
import { connect, drop } from "./connect.ts"
import { asFault } from "./fault.ts"
import { requireMigrated } from "./migrate.ts"

const BATCH = 500
/** Sealed values may be 65 KB each. */
const BATCH_OF: Readonly<Record<string, number>> = { secret_version: 50 }
/** One statement is a batch, so the usual patience would do; who takes the rows may be slower than that between two. */
const PATIENCE = { connectMs: 5_000, statementMs: 60_000, answerMs: 600_000 }

/**
 * A repeatable read on a connection of its own.
 * @throws StartFault for another version's schema, TylerError `unavailable` if the database does not answer
 */
export async function postgresSnapshot(url: string, name: string): Promise<Snapshot> {
  await requireMigrated(url, name)
  let client: Client | undefined
  try {
    client = await connect({ url, name: "tyler-backup", patience: PATIENCE })
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    await client.query("SELECT 1 FROM log_head")
    return snapshotOn(client)
  } catch (error) {
    if (client !== undefined) drop(client)
    throw asFault(error)
  }
}

function snapshotOn(client: Client): Snapshot {
  return {
    rows: (table, span) => rowsOf(client, table, span),
    async taken({ from, to }) {
      const look = `SELECT count(erased_by) || '-' || coalesce(sum(erased_by), 0) AS taken FROM security_audit_log
        WHERE idx >= $1 AND idx < $2`
      const { rows } = await client.query<{ taken: string }>(look, [from, to]).catch((error: unknown) => {
        throw asFault(error)
      })
      return rows[0]?.taken ?? ""
    },
    // Waited for, so that a database may be dropped right after.
    close: () => client.end().catch(() => undefined),
  }
}

async function* rowsOf(client: Client, table: Table, span: Span | undefined): AsyncGenerator<readonly string[]> {
  try {
    await client.query(
      `DECLARE backup NO SCROLL CURSOR FOR ${selectOf(table)}`,
      span === undefined ? [] : [span.from, span.to],
    )
    const fetch = `FETCH ${BATCH_OF[table.name] ?? BATCH} FROM backup`
    for (;;) {
      const { rows } = await client.query<{ row: string }>(fetch)
      if (rows.length === 0) break
      yield rows.map(({ row }) => row)
    }
    await client.query("CLOSE backup")
  } catch (error) {
    throw asFault(error)
  }
}
