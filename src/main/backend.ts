import { claimDataFolder } from "../adapters/local/data-folder.ts"
import { type Mirror, openMirror } from "../adapters/local/mirror.ts"
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

/**
 * The backend that the configuration asks for and the mirror beside it; what was opened is closed with `opened`, also
 * when the other could not be. @throws StartFault, or TylerError `unavailable`
 */
export async function openState(
  config: Config,
  surroundings: Surroundings,
  opened: AsyncDisposableStack,
): Promise<{ readonly backend: Backend; readonly mirror: Mirror }> {
  let mirror: Mirror | undefined
  // Last of all: what the ledger signs until it is closed still goes there.
  opened.defer(() => mirror?.close())
  const backend = await openBackend(config, surroundings)
  opened.defer(() => backend.close())
  mirror = openMirror(config.folders.mirror, { clock: surroundings.clock })
  return { backend, mirror }
}

function openBackend(config: Config, surroundings: Surroundings): Promise<Backend> {
  return config.database === null ? embedded(config, surroundings) : shared(config, config.database, surroundings)
}

/** SQLite in one data folder, held by this process alone. */
async function embedded(config: Config, surroundings: Surroundings): Promise<Backend> {
  await using opened = new AsyncDisposableStack()
  const folder = claimDataFolder(config.folders.data)
  opened.defer(() => folder.release())
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
  // Closed after the reader: the last connection to close empties the log of SQLite into the database, if it may write.
  opened.defer(() => ledger.close())
  const reader = sqliteReader(path)
  opened.defer(() => reader.close())
  return backendOf(opened.move(), reader, ledger, keySource(reader, wrapper, keyring))
}

function backendOf(opened: AsyncDisposableStack, reader: StateReader, ledger: LedgerWriter, keys: KeySource): Backend {
  return { reader, ledger, keys, close: () => opened.disposeAsync() }
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
  const opened = new AsyncDisposableStack()
  const reader = postgresReader({ url })
  opened.defer(() => reader.close())
  const ledger = postgresLedger({ url, sign: (size, root) => signCheckpoint(logKey, size, root) })
  opened.defer(() => ledger.close())
  return backendOf(opened, reader, ledger, keySource(reader, wrapper, keyring))
}
