import { existsSync } from "node:fs"
import { claimDataFolder } from "../adapters/local/data-folder.ts"
import { createRootKey, loadRootKey, localKeyWrapper, rootKeyCheck } from "../adapters/local/root-key.ts"
import { initialiseDatabase, openDatabase } from "../adapters/sqlite/create.ts"
import { sqliteLedger } from "../adapters/sqlite/ledger.ts"
import { sqliteReader } from "../adapters/sqlite/reader.ts"
import { EMPTY_EDGE, rootOf } from "../audit/merkle.ts"
import type { LedgerWriter } from "../audit/ledger.ts"
import { equalBytes } from "../core/bytes.ts"
import type { Clock } from "../core/clock.ts"
import type { Random } from "../core/random.ts"
import { StartFault } from "../core/start-fault.ts"
import { initialKeys, openKeyring } from "../envelope/keyring.ts"
import { LOG_ORIGIN } from "../operations/audit.ts"
import { type KeySource, keySource } from "../operations/key-source.ts"
import { macOfPolicies } from "../operations/policies.ts"
import { defaultPolicies } from "../policy/defaults.ts"
import type { StateReader } from "../state/reader.ts"
import type { Config } from "./config.ts"

/** Where state lives and who writes it: the only part that differs between profiles. */
export interface Backend {
  readonly reader: StateReader
  readonly ledger: LedgerWriter
  readonly keys: KeySource
  close(): Promise<void>
}

export interface Surroundings {
  readonly clock: Clock
  readonly random: Random
}

/** The backend that the configuration asks for. @throws StartFault */
export function openBackend(config: Config, surroundings: Surroundings): Promise<Backend> {
  if (config.profile === "shared") throw new StartFault("DATABASE_URL: PostgreSQL is not available in this version")
  return embedded(config, surroundings)
}

/** SQLite in one data folder. Root key first, then database. @throws StartFault */
async function embedded(config: Config, { clock, random }: Surroundings): Promise<Backend> {
  const folder = claimDataFolder(config.folders.data)
  try {
    const path = folder.file("tyler.db")
    const opened = openDatabase(path)
    const keyFile = config.folders.rootKeyFile
    if (opened !== undefined && !existsSync(keyFile))
      throw new StartFault(
        `The database ${path} is initialised but its root key ${keyFile} is missing; restore that file`,
      )
    const rootKey = existsSync(keyFile) ? loadRootKey(keyFile) : createRootKey(keyFile, random)
    const wrapper = localKeyWrapper(rootKey, random)
    if (opened !== undefined && !equalBytes(opened.rootKeyCheck, rootKeyCheck(rootKey)))
      throw new StartFault(`The root key ${keyFile} is not the one the database ${path} was made with`)
    const keys = opened?.keys ?? (await initialKeys(wrapper, random, clock.now()))
    const keyring = await openKeyring(keys, wrapper)
    if (opened === undefined) {
      const policies = defaultPolicies(clock.now())
      initialiseDatabase(path, {
        rootKeyCheck: rootKeyCheck(rootKey),
        keys,
        policies,
        policyMac: macOfPolicies(keyring, policies, 1),
        emptyRoot: rootOf(EMPTY_EDGE),
      })
    }
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
