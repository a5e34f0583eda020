import { existsSync } from "node:fs"
import { join } from "node:path"
import { StartFault } from "../core/start-fault.ts"
import type { Snapshot } from "../state/snapshot.ts"
import type { Config } from "./config.ts"

export function databaseFile({ folders }: Config): string {
  return join(folders.data, "tyler.db")
}

/** All state at one moment, beside whoever serves from it. @throws StartFault, or TylerError `unavailable` */
export async function openSnapshot(config: Config): Promise<Snapshot> {
  if (config.database !== null) {
    const { postgresSnapshot } = await import("../adapters/postgres/snapshot.ts")
    const { host, pathname } = new URL(config.database.url)
    return postgresSnapshot(config.database.url, host + pathname)
  }
  const path = databaseFile(config)
  if (!existsSync(path)) throw new StartFault(`There is no database ${path}; start the server first`)
  return (await import("../adapters/sqlite/snapshot.ts")).sqliteSnapshot(path)
}
