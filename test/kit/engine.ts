import { after } from "node:test"
import { type Database, likeTemplate } from "../conformance/postgres-database.ts"

/** Which engine the servers of this run keep their state in: the test runner's second pass says `postgres`. */
export const ENGINE = process.env["TYLER_TEST_ENGINE"] === "postgres" ? "postgres" : "sqlite"

/** A server's own PostgreSQL database, by the server's folder: whoever starts on that folder again finds it again. */
const databases = new Map<string, Database>()

/**
 * What a server in this folder is started with; on SQLite nothing, for its database lies in the folder. It serves as a
 * role that owns nothing, so that a right it lacks is found.
 */
export async function engineEnvironment(folder: string): Promise<Readonly<Record<string, string>>> {
  if (ENGINE === "sqlite") return {}
  let database = databases.get(folder)
  if (database === undefined) {
    database = await likeTemplate()
    databases.set(folder, database)
  }
  return { DATABASE_URL: database.servingUrl, DATABASE_MIGRATION_URL: database.url }
}

/** PostgreSQL's address for the server in this folder; null on SQLite. */
export function databaseUrlOf(folder: string): string | null {
  return databases.get(folder)?.url ?? null
}

/** Goes with the folder. */
export async function dropDatabase(folder: string): Promise<void> {
  const database = databases.get(folder)
  databases.delete(folder)
  await database?.[Symbol.asyncDispose]()
}

/** Folders that tests remove by themselves leave their databases behind until the file's tests are over. */
if (ENGINE === "postgres") after(() => Promise.all([...databases.keys()].map(dropDatabase)))
