import type { Client } from "pg"
import { StartFault } from "../../core/start-fault.ts"
import { connect } from "./connect.ts"
import { asFault } from "./fault.ts"

/** Any number that no other program uses in the same database; "serve" in ASCII. */
const LOCK = 0x7365727665

const MOMENT_MS = 1_000

/**
 * Who serves from a database, told by an advisory lock: a server holds it shared on the connection that records, so its
 * end, however it comes, frees it. https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
 * @returns false while somebody has the database to himself
 */
export async function joinServing(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock_shared(${LOCK}) AS held`)
  return rows[0]?.held === true
}

/** Before a start opens anything. @param name for the message. @throws StartFault, or TylerError `unavailable` */
export async function refuseWhileAlone(url: string, name: string): Promise<void> {
  await using connection = await connected(url)
  if (await joinServing(connection.client)) return
  throw new StartFault(
    `tyler-server recover-admin or restore is at work on the database ${name}; start again when it is done`,
  )
}

/**
 * Has the database to itself until disposed.
 * @throws StartFault while a server serves from it, TylerError `unavailable` if it does not answer
 */
export async function serveAlone(url: string, name: string): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const connection = opened.use(await connected(url))
  try {
    // A server that has just stopped may still hold it for a moment.
    await connection.client.query(`SET lock_timeout = ${MOMENT_MS}; SELECT pg_advisory_lock(${LOCK})`)
  } catch (error) {
    const fault = asFault(error)
    if (fault.facts["cause"] !== "locked") throw fault
    if (await isAlone(connection.client))
      throw new StartFault(
        `tyler-server recover-admin or another restore is at work on the database ${name}; wait until it is done`,
      )
    throw new StartFault(`A server is serving from the database ${name}; stop all of them first`)
  }
  return opened.move()
}

/** Servers that have recorded something and are still connected. @throws TylerError `unavailable` */
export async function countServing(url: string): Promise<number> {
  await using connection = await connected(url)
  return await holding(connection.client, "ShareLock")
}

async function isAlone(client: Client): Promise<boolean> {
  return (await holding(client, "ExclusiveLock").catch(() => 0)) > 0
}

async function holding(client: Client, mode: "ShareLock" | "ExclusiveLock"): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND mode = $1 AND granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND (classid::bigint << 32 | objid::bigint) = ${LOCK}`,
    [mode],
  )
  return rows[0]?.n ?? 0
}

async function connected(url: string): Promise<{ readonly client: Client } & AsyncDisposable> {
  try {
    const client = await connect({ url, name: "tyler-presence" })
    return {
      client,
      // Waited for: with the connection goes the lock.
      [Symbol.asyncDispose]: () => client.end(),
    }
  } catch (error) {
    throw asFault(error)
  }
}
