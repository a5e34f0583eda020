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
  /** What every server of it is started with. */
  readonly env: Readonly<Record<string, string>>
  start(env?: Readonly<Record<string, string>>): Promise<ServerProcess>
  /** On PostgreSQL as many replicas as asked for, on SQLite the one server that may be. */
  startAll(replicas: number, env?: Readonly<Record<string, string>>): Promise<ServerProcess[]>
}

export async function install(engine: EngineName): Promise<Installation> {
  const folder = temporaryFolder()
  const database = engine === "postgres" ? await newDatabase() : null
  const running = new Set<ServerProcess>()

  const shared: Readonly<Record<string, string>> =
    database === null ? {} : { DATABASE_URL: database.url, TYLER_ROOT_KEY_FILE: join(folder, "root.key") }

  async function start(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = await startProcess({ folder, env: { ...shared, ...env } })
    running.add(server)
    return server
  }

  return {
    folder,
    databaseUrl: database?.url ?? null,
    env: shared,
    start,
    startAll(replicas, env = {}) {
      const count = database === null ? 1 : replicas
      const folders = Array.from({ length: count }, (_, at) => join(folder, at === 0 ? "data" : `data-${at}`))
      return Promise.all(folders.map((data) => start({ ...env, TYLER_DATA_DIR: data })))
    },
    async [Symbol.asyncDispose]() {
      for (const server of running) await server.close()
      await database?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
