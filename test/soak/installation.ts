import { rmSync } from "node:fs"
import { join } from "node:path"
import { newDatabase } from "../conformance/postgres-database.ts"
import { type ServerProcess, startProcess } from "../kit/process.ts"
import { temporaryFolder } from "../kit/server.ts"
import type { EngineName } from "./campaign.ts"

/** A folder, and a database if need be, that outlive the servers started on them. */
export interface Installation extends AsyncDisposable {
  readonly folder: string
  /** PostgreSQL's address; null on SQLite. */
  readonly databaseUrl: string | null
  start(env?: Readonly<Record<string, string>>): Promise<ServerProcess>
}

export async function install(engine: EngineName): Promise<Installation> {
  const folder = temporaryFolder()
  const database = engine === "postgres" ? await newDatabase() : null
  const running = new Set<ServerProcess>()
  return {
    folder,
    databaseUrl: database?.url ?? null,
    async start(env = {}) {
      const server = await startProcess({
        folder,
        env: {
          ...(database === null ? {} : { DATABASE_URL: database.url, TYLER_ROOT_KEY_FILE: join(folder, "root.key") }),
          ...env,
        },
      })
      running.add(server)
      return server
    },
    async [Symbol.asyncDispose]() {
      for (const server of running) await server.close()
      await database?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
