import { rmSync } from "node:fs"
import { join } from "node:path"
import { type Database, newDatabase } from "../conformance/postgres-database.ts"
import { type ServerOptions, serverEnvironment, startServer, temporaryFolder, type TestServer } from "./server.ts"

/** An empty PostgreSQL database and a root key file, for any number of servers. */
export interface ReplicaSet extends AsyncDisposable {
  readonly folder: string
  readonly database: Database
  /** What replica `at` is started with: folders of its own, the others' key and database. */
  env(at: number): Readonly<Record<string, string>>
  start(at: number, options?: Omit<ServerOptions, "folder">): Promise<TestServer>
}

export async function replicaSet(): Promise<ReplicaSet> {
  const folder = temporaryFolder()
  const database = await newDatabase()
  const running: TestServer[] = []
  const env = (at: number): Readonly<Record<string, string>> =>
    serverEnvironment(folder, {
      DATABASE_URL: database.servingUrl,
      DATABASE_MIGRATION_URL: database.url,
      TYLER_ROOT_KEY_FILE: join(folder, "key", "root.key"),
      TYLER_DATA_DIR: join(folder, `data-${at}`),
    })
  return {
    folder,
    database,
    env,
    async start(at, options = {}) {
      const server = await startServer({ ...options, folder, env: { ...env(at), ...options.env } })
      running.push(server)
      return server
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((server) => server.close()))
      await database[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
