import { StartFault } from "../../core/start-fault.ts"
import type { Filling } from "../../state/snapshot.ts"
import { insertOf } from "./cells.ts"
import { connect } from "./connect.ts"
import { asFault } from "./fault.ts"
import { serveAlone } from "./presence.ts"
import { markUnfinished, unmark } from "./unfinished.ts"

/** A restore reads on between statements, and nobody waits for an answer. */
const PATIENCE = { connectMs: 5_000, statementMs: 600_000, answerMs: 3_600_000 }

/**
 * One transaction on a migrated database that was never served from; no server starts meanwhile, nor after a kill before
 * it was run again.
 * @param url of a role that may write all tables @param name for messages
 * @throws StartFault if somebody's data is there, TylerError `unavailable`
 */
export async function fillDatabase(url: string, name: string): Promise<Filling> {
  await using opened = new AsyncDisposableStack()
  opened.use(await serveAlone(url, name))
  const client = await connect({ url, name: "tyler-restore", patience: PATIENCE }).catch((error: unknown) => {
    throw asFault(error)
  })
  opened.defer(() => client.end().catch(() => undefined))
  const ask = (text: string, values: unknown[] = []) =>
    client.query(text, values).catch((error: unknown) => {
      throw asFault(error)
    })
  const { rowCount } = await ask("SELECT 1 FROM meta WHERE key = 'root_key_check'")
  if (rowCount !== 0) throw new StartFault(`The database ${name} is not empty; restore into a new one`)
  await markUnfinished(client).catch((error: unknown) => {
    throw asFault(error)
  })
  // A backup that turns out to be bad leaves an empty database, as there was before.
  opened.defer(() =>
    ask("ROLLBACK")
      .then(() => unmark(client))
      .catch(() => undefined),
  )
  await ask("BEGIN")
  const held = opened.move()
  return {
    async put(table, columns, rows) {
      await ask(insertOf(table, columns), [`[${rows.join(",")}]`])
    },
    async nodes(nodes) {
      const rows = nodes.map(({ level, position, hash }) => [level, position, Buffer.from(hash).toString("base64")])
      await ask(
        `INSERT INTO audit_node (level, position, hash)
         SELECT (r ->> 0)::int, (r ->> 1)::bigint, decode(r ->> 2, 'base64') FROM jsonb_array_elements($1::jsonb) AS r`,
        [JSON.stringify(rows)],
      )
    },
    async commit() {
      await ask("SELECT setval(pg_get_serial_sequence('notification', 'seq'), max(seq)) FROM notification")
      await unmark(client)
      const done = await ask("COMMIT")
      if (done.command !== "COMMIT") throw new Error("the transaction did not commit")
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}
