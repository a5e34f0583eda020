import { randomBytes } from "node:crypto"
import { Client } from "pg"
import { initialiseDatabase } from "../../src/adapters/postgres/create.ts"
import { postgresLedger } from "../../src/adapters/postgres/ledger.ts"
import { migrate } from "../../src/adapters/postgres/migrate.ts"
import { postgresReader } from "../../src/adapters/postgres/reader.ts"
import { signCheckpoint } from "../../src/audit/checkpoint.ts"
import { EMPTY_EDGE, rootOf } from "../../src/audit/merkle.ts"
import { BIRTH, type Engine, LOG_KEY } from "./engine.ts"

/** The server that tests make their own databases on. */
export const SERVER = process.env["TYLER_TEST_POSTGRES_URL"] ?? "postgres://root@127.0.0.1:5432/postgres"

/** Whether a server answers at the usual address; if TYLER_TEST_REQUIRE names it, it must. */
export async function postgresAnswers(): Promise<boolean> {
  const client = new Client({ connectionString: SERVER, connectionTimeoutMillis: 2000 })
  try {
    await client.connect()
    await client.end()
    return true
  } catch (error) {
    if ((process.env["TYLER_TEST_REQUIRE"] ?? "").split(",").includes("postgres")) throw error
    return false
  }
}

/** Statements past our own code, one after the other. */
export async function runSql(url: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

export interface Database extends AsyncDisposable {
  readonly name: string
  /** As its owner, who migrates. */
  readonly url: string
  /** As a role that owns nothing and has only what the migration grants it. */
  readonly servingUrl: string
}

/** A database of its own, dropped on disposal also while somebody is connected. */
export async function newDatabase(options = ""): Promise<Database> {
  const name = `tyler_test_${randomBytes(6).toString("hex")}`
  await runSql(SERVER, `CREATE DATABASE ${name} ${options}`, `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
  const url = new URL(SERVER)
  url.pathname = `/${name}`
  const serving = new URL(url)
  serving.username = name
  serving.password = name
  return {
    name,
    url: url.href,
    servingUrl: serving.href,
    async [Symbol.asyncDispose]() {
      await runSql(SERVER, `DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}`)
    },
  }
}

/** The name of a database that is up to date, which `tools/test.ts` makes for a whole run. */
const TEMPLATE = "TYLER_TEST_POSTGRES_TEMPLATE"

/** A database of its own that is up to date already, where there is a template: 0.7 s less than from nothing. */
export function likeTemplate(): Promise<Database> {
  const template = process.env[TEMPLATE]
  return newDatabase(template === undefined ? "" : `TEMPLATE ${template}`)
}

/** For this process and those it starts, until it is disposed of. */
export async function makeTemplate(): Promise<AsyncDisposable> {
  const database = await newDatabase()
  await migrate({ url: database.url })
  process.env[TEMPLATE] = database.name
  return database
}

export async function bornDatabase(): Promise<Database> {
  const database = await likeTemplate()
  await migrate({ url: database.url, servingRole: database.name })
  await initialiseDatabase(database.servingUrl, { ...BIRTH, emptyRoot: rootOf(EMPTY_EDGE) })
  return database
}

export const sign = (size: number, root: Uint8Array): string => signCheckpoint(LOG_KEY, size, root)

export async function openPostgres(): Promise<Engine> {
  const database = await bornDatabase()
  const { url, servingUrl } = database
  let reader = postgresReader({ url: servingUrl })
  let ledger = postgresLedger({ url: servingUrl, sign })
  return {
    get reader() {
      return reader
    },
    get ledger() {
      return ledger
    },
    async reopen() {
      await Promise.all([ledger.close(), reader.close()])
      await migrate({ url, servingRole: database.name })
      reader = postgresReader({ url: servingUrl })
      ledger = postgresLedger({ url: servingUrl, sign })
    },
    async close() {
      await Promise.all([ledger.close(), reader.close()])
      await database[Symbol.asyncDispose]()
    },
    personalColumns: ["salt", "username", "ip_text", "user_agent", "reason"],
    commitment: `'\\x${"ab".repeat(32)}'`,
    async tamper(sql) {
      await runSql(url, sql)
    },
    async withoutGuard(sql) {
      const guard = "ALTER TABLE security_audit_log"
      await runSql(url, `${guard} DISABLE TRIGGER USER`, sql, `${guard} ENABLE TRIGGER USER`)
    },
    async placeHead(size, edge) {
      await runSql(url, `UPDATE log_head SET size = ${size}, edge = '\\x${Buffer.from(edge).toString("hex")}'`)
    },
  }
}
