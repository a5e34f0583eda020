import type { Client } from "pg"
import type { KeyRow, PolicyRow } from "../../state/rows.ts"
import { applyChange } from "./changes.ts"
import { connect, drop } from "./connect.ts"
import { keyRow } from "./decode.ts"
import { asFault } from "./fault.ts"
import { KEYS } from "./selects.ts"

/** What a new database is born with. */
export interface Birth {
  readonly rootKeyCheck: Uint8Array
  readonly keys: readonly KeyRow[]
  readonly policies: readonly PolicyRow[]
  readonly policyMac: Uint8Array
  readonly emptyRoot: Uint8Array
}

export interface Opened {
  readonly rootKeyCheck: Uint8Array
  readonly keys: readonly KeyRow[]
}

const ROOT_KEY_CHECK = "root_key_check"

/** What a migrated database was born with; undefined for one that was never initialised. */
export function openDatabase(url: string): Promise<Opened | undefined> {
  return withClient(url, async (client) => {
    const check = await readMeta(client, ROOT_KEY_CHECK)
    if (check === undefined) return undefined
    const keys = await client.query(KEYS)
    return { rootKeyCheck: check, keys: keys.rows.map(keyRow) }
  })
}

/**
 * First start: keys, policies, head and the root key's check value appear together or not at all. Answers false if
 * another replica was first; then nothing was written and the database is to be opened again.
 */
export function initialiseDatabase(url: string, birth: Birth): Promise<boolean> {
  return withClient(url, async (client) => {
    await client.query("BEGIN")
    // The unique key makes a second replica wait here until the first has committed.
    const first = await writeMetaIfAbsent(client, ROOT_KEY_CHECK, birth.rootKeyCheck)
    if (first) {
      await client.query(
        `INSERT INTO log_head (id, size, root, edge, last_time, policy_epoch, policy_mac, setup_closed)
         VALUES (1, 0, $1, '', at_ms(0), 0, '', false)`,
        [birth.emptyRoot],
      )
      for (const row of birth.keys) await applyChange(client, { kind: "addKey", row }, 0)
      const { policies: put, policyMac: mac } = birth
      await applyChange(client, { kind: "putPolicies", put, removed: [], epoch: 1, mac }, 0)
    }
    await client.query("COMMIT")
    return first
  })
}

async function readMeta(client: Client, key: string): Promise<Uint8Array | undefined> {
  const { rows } = await client.query<{ value: Buffer }>("SELECT value FROM meta WHERE key = $1", [key])
  return rows[0]?.value
}

async function writeMetaIfAbsent(client: Client, key: string, value: Uint8Array): Promise<boolean> {
  const done = await client.query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", [key, value])
  return done.rowCount === 1
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  let client: Client | undefined
  try {
    client = await connect({ url, name: "tyler-open" })
    return await use(client)
  } catch (error) {
    throw asFault(error)
  } finally {
    if (client !== undefined) drop(client)
  }
}
