import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { databaseUrlOf, ENGINE } from "./engine.ts"

/** What both drivers bind and answer. */
export type SqlValue = string | number | bigint | null | Uint8Array
export type SqlRow = Readonly<Record<string, unknown>>

interface Done {
  readonly rows: readonly SqlRow[]
  /** Rows that a change changed. */
  readonly changes: number
}

/**
 * One statement past the service, as somebody who can write the database, and has no key, could run it.
 * @param folder the server's; @param text with placeholders `?1`, `?2`...
 */
export async function runPast(folder: string, text: string, ...values: readonly SqlValue[]): Promise<Done> {
  const url = databaseUrlOf(folder)
  return url === null ? pastSqlite(join(folder, "data"), text, values) : pastPostgres(url, text, values)
}

/** What is written differently on the two engines. */
export function onEngine<T>(each: { readonly sqlite: T; readonly postgres: T }): T {
  return each[ENGINE]
}

function pastSqlite(dataFolder: string, text: string, values: readonly SqlValue[]): Done {
  const db = new DatabaseSync(join(dataFolder, "tyler.db"), { timeout: 5000 })
  try {
    const statement = db.prepare(text)
    if (statement.columns().length > 0) return { rows: statement.all(...values), changes: 0 }
    return { rows: [], changes: Number(statement.run(...values).changes) }
  } finally {
    db.close()
  }
}

async function pastPostgres(url: string, text: string, values: readonly SqlValue[]): Promise<Done> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const done = await client.query<SqlRow>(text.replaceAll(/\?(\d)/g, "$$$1"), [...values])
    return { rows: done.rows, changes: done.rowCount ?? 0 }
  } finally {
    await client.end()
  }
}
