import { existsSync } from "node:fs"
import { claimDataFolder } from "../adapters/local/data-folder.ts"
import { initialiseDatabase, openDatabase } from "../adapters/sqlite/create.ts"
import { unfinishedPath } from "../adapters/sqlite/fill.ts"
import { sqliteLedger } from "../adapters/sqlite/ledger.ts"
import { sqliteReader } from "../adapters/sqlite/reader.ts"
import { StartFault } from "../core/start-fault.ts"
import { LOG_ORIGIN } from "../operations/audit.ts"
import { keySource } from "../operations/key-source.ts"
import type { Backend, Purpose } from "./backend.ts"
import type { Config } from "./config.ts"
import { type Locked, type Surroundings, unlock } from "./unlock.ts"

/** SQLite in one data folder, held by this process alone. */
export async function embedded(config: Config, surroundings: Surroundings, purpose: Purpose): Promise<Backend> {
  await using opened = new AsyncDisposableStack()
  const folder = claimDataFolder(config.folders.data)
  opened.defer(() => folder.release())
  const path = folder.file("tyler.db")
  if (!existsSync(path) && existsSync(unfinishedPath(path)))
    throw new StartFault(
      `A restore into ${config.folders.data} did not end; run it again, or remove ${unfinishedPath(path)}`,
    )
  const database: Locked = {
    name: path,
    open: async () => openDatabase(path, purpose === "serve"),
    initialise: async (birth) => {
      initialiseDatabase(path, birth)
      return true
    },
  }
  const { roots, ...unlocked } = await unlock(database, config, surroundings, purpose)
  const ledger = await sqliteLedger({ path, origin: LOG_ORIGIN, logSeed: unlocked.keyring.logSeed })
  // Closed after the reader: the last connection to close empties the log of SQLite into the database, if it may write.
  opened.defer(() => ledger.close())
  const reader = sqliteReader(path, surroundings.clock)
  opened.defer(() => reader.close())
  const held = opened.move()
  return {
    reader,
    ledger,
    keys: keySource(reader, roots, unlocked, surroundings.clock),
    // The claim on the folder has seen to that.
    alone: async () => new AsyncDisposableStack(),
    place: async () => `data folder ${config.folders.data}, held by nobody else`,
    leads: async () => true,
    close: () => held.disposeAsync(),
  }
}
