import { claimDataFolder } from "../adapters/local/data-folder.ts"
import * as postgres from "../adapters/postgres/create.ts"
import { postgresLedger } from "../adapters/postgres/ledger.ts"
import { migrate } from "../adapters/postgres/migrate.ts"
import { postgresReader } from "../adapters/postgres/reader.ts"
import * as sqlite from "../adapters/sqlite/create.ts"
import { sqliteLedger } from "../adapters/sqlite/ledger.ts"
import { sqliteReader } from "../adapters/sqlite/reader.ts"
import { signCheckpoint } from "../audit/checkpoint.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import { logKeyFromSeed } from "../audit/note.ts"
import { LOG_ORIGIN } from "../operations/audit.ts"
import { type KeySource, keySource } from "../operations/key-source.ts"
import type { StateReader } from "../state/reader.ts"
import type { Config } from "./config.ts"
import { type Surroundings, unlock } from "./unlock.ts"

/** Where state lives and who writes it: the only part that differs between profiles. */
export interface Backend {
  readonly reader: StateReader
  readonly ledger: LedgerWriter
  readonly keys: KeySource
  close(): Promise<void>
}

/** The backend that the configuration asks for. @throws StartFault, or TylerError `unavailable` */
export function openBackend(config: Config, surroundings: Surroundings): Promise<Backend> {
  return config.database === null ? embedded(config, surroundings) : shared(config, config.database, surroundings)
}

/** SQLite in one data folder, held by this process alone. */
async function embedded(config: Config, surroundings: Surroundings): Promise<Backend> {
  const folder = claimDataFolder(config.folders.data)
  try {
    const path = folder.file("tyler.db")
    const database = {
      name: path,
      open: async () => sqlite.openDatabase(path),
      initialise: async (birth: sqlite.Birth) => {
        sqlite.initialiseDatabase(path, birth)
        return true
      },
    }
    const { wrapper, keyring } = await unlock(database, config.folders.rootKeyFile, surroundings)
    const ledger = await sqliteLedger({ path, origin: LOG_ORIGIN, logSeed: keyring.logSeed })
    const reader = sqliteReader(path)
    return {
      reader,
      ledger,
      keys: keySource(reader, wrapper, keyring),
      async close() {
        await ledger.close()
        reader.close()
        folder.release()
      },
    }
  } catch (error) {
    folder.release()
    throw error
  }
}

/** PostgreSQL, shared by any number of replicas, each with the same root key file. */
async function shared(
  config: Config,
  { url, migrationUrl }: NonNullable<Config["database"]>,
  surroundings: Surroundings,
): Promise<Backend> {
  const servingRole = migrationUrl === url ? undefined : decodeURIComponent(new URL(url).username)
  await migrate({ url: migrationUrl, ...(servingRole === undefined ? {} : { servingRole }) })
  const database = {
    name: new URL(url).host + new URL(url).pathname,
    open: () => postgres.openDatabase(url),
    initialise: (birth: postgres.Birth) => postgres.initialiseDatabase(url, birth),
  }
  const { wrapper, keyring } = await unlock(database, config.folders.rootKeyFile, surroundings)
  const logKey = logKeyFromSeed(LOG_ORIGIN, keyring.logSeed)
  const ledger = postgresLedger({ url, sign: (size, root) => signCheckpoint(logKey, size, root) })
  const reader = postgresReader({ url })
  return {
    reader,
    ledger,
    keys: keySource(reader, wrapper, keyring),
    async close() {
      await ledger.close()
      await reader.close()
    },
  }
}
