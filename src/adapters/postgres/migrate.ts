import { readdirSync, readFileSync } from "node:fs"
import type { Client } from "pg"
import { StartFault } from "../../core/start-fault.ts"
import { connect, drop } from "./connect.ts"
import { asFault } from "./fault.ts"

const MIGRATIONS = new URL("./migrations/", import.meta.url)

/** Any number that no other program uses in the same database; "tyler" in ASCII. */
const LOCK = 0x74796c6572

/** A migration may rewrite tables; nobody waits for an answer. */
const PATIENCE = { connectMs: 5000, statementMs: 600_000, answerMs: 605_000 }

/** What the serving role needs, and no more. Tables not named here may be read only. */
const GRANTS: Readonly<Record<string, string>> = {
  meta: "SELECT, INSERT, UPDATE",
  log_head: "SELECT, INSERT, UPDATE",
  security_audit_log: "SELECT, INSERT, UPDATE",
  audit_node: "SELECT, INSERT",
  secret_access_policies: "SELECT, INSERT, UPDATE, DELETE",
  principal: "SELECT, INSERT, UPDATE",
  credential: "SELECT, INSERT, UPDATE, DELETE",
  factor: "SELECT, INSERT, UPDATE, DELETE",
  used_once: "SELECT, INSERT, DELETE",
  access_request: "SELECT, INSERT, UPDATE",
  access_decision: "SELECT, INSERT",
  access_grant: "SELECT, INSERT, UPDATE, DELETE",
  identity_provider: "SELECT, INSERT, UPDATE, DELETE",
  external_identity: "SELECT, INSERT, DELETE",
  legal_hold: "SELECT, INSERT, DELETE",
  erasure: "SELECT, INSERT, UPDATE",
  secret: "SELECT, INSERT, UPDATE, DELETE",
  secret_version: "SELECT, INSERT, UPDATE, DELETE",
  secret_label: "SELECT, INSERT, DELETE",
  outside_intent: "SELECT, INSERT, DELETE",
  secret_rotation_schedule: "SELECT, INSERT, UPDATE, DELETE",
  rotation: "SELECT, INSERT, UPDATE, DELETE",
  quota_use: "SELECT, INSERT, UPDATE, DELETE",
  workload_issuer: "SELECT, INSERT, UPDATE, DELETE",
  iam_binding: "SELECT, INSERT, DELETE",
  role: "SELECT, INSERT, DELETE",
  keyring_key: "SELECT, INSERT, UPDATE, DELETE",
  notification: "SELECT, INSERT, UPDATE, DELETE",
  tyler_migration: "SELECT",
}

export interface Migrating {
  /** DATABASE_MIGRATION_URL, or DATABASE_URL where one role does both. */
  readonly url: string
  /** The role that serves, if it is not the one that migrates. */
  readonly servingRole?: string
}

/** Who is to be granted what serving needs; nobody where one role does both. */
export function servingRoleOf(url: string, migrationUrl: string): Pick<Migrating, "servingRole"> {
  const { username, searchParams } = new URL(url)
  return migrationUrl === url ? {} : { servingRole: searchParams.get("user") ?? decodeURIComponent(username) }
}

/**
 * Brings the schema to the newest version, all missing steps in one transaction. Replicas that start together wait for
 * each other. @throws StartFault for a database we cannot use, TylerError `unavailable` if it does not answer.
 */
export async function migrate({ url, servingRole }: Migrating): Promise<void> {
  const client = await connect({ url, name: "tyler-migrate", patience: PATIENCE }).catch((error: unknown) => {
    throw asFault(error)
  })
  try {
    await client.query("BEGIN")
    await client.query(`SELECT pg_advisory_xact_lock(${LOCK})`)
    await checkServer(client)
    await applyMissing(client)
    if (servingRole !== undefined) await grant(client, servingRole)
    await client.query("COMMIT")
  } catch (error) {
    throw error instanceof StartFault ? error : asFault(error)
  } finally {
    drop(client)
  }
}

/**
 * For those who change nothing. @param name for the message.
 * @throws StartFault unless the schema is the newest, TylerError `unavailable` if the database does not answer
 */
export async function requireMigrated(url: string, name: string): Promise<void> {
  const client = await connect({ url, name: "tyler-look" }).catch((error: unknown) => {
    throw asFault(error)
  })
  try {
    const table = await client.query("SELECT 1 WHERE to_regclass('tyler_migration') IS NOT NULL")
    const present = table.rowCount === 1 ? await presentVersion(client) : 0
    if (present === 0) throw new StartFault(`The database ${name} was never served from; start the server first`)
    refuseNewer(present)
    if (present < migrationFiles().length)
      throw new StartFault(`The database ${name} is an older version's; start the server, which brings it up to date`)
  } catch (error) {
    throw error instanceof StartFault ? error : asFault(error)
  } finally {
    drop(client)
  }
}

async function checkServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    "SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding",
  )
  const [server] = rows
  if (Number(server?.version) < 150_000)
    throw new StartFault("The PostgreSQL server is older than version 15; use 15 or newer")
  if (server?.encoding !== "UTF8")
    throw new StartFault("The PostgreSQL database is not encoded in UTF8; create one that is")
}

async function applyMissing(client: Client): Promise<void> {
  await client.query(
    "CREATE TABLE IF NOT EXISTS tyler_migration (version INTEGER PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())",
  )
  const present = await presentVersion(client)
  refuseNewer(present)
  for (const [offset, file] of migrationFiles().slice(present).entries()) {
    await client.query(readFileSync(new URL(file, MIGRATIONS), "utf8"))
    await client.query("INSERT INTO tyler_migration (version) VALUES ($1)", [present + offset + 1])
  }
}

async function presentVersion(client: Client): Promise<number> {
  const { rows } = await client.query<{ version: number }>("SELECT max(version) AS version FROM tyler_migration")
  return rows[0]?.version ?? 0
}

function refuseNewer(present: number): void {
  if (present > migrationFiles().length)
    throw new StartFault("The PostgreSQL database was made by a newer version of Tyler Setup; start that version")
}

function migrationFiles(): string[] {
  return readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()
}

async function grant(client: Client, role: string): Promise<void> {
  for (const [table, rights] of Object.entries(GRANTS))
    await client.query(`GRANT ${rights} ON ${table} TO ${client.escapeIdentifier(role)}`)
}
