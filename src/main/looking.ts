import { existsSync } from "node:fs"
import { claimDataFolder } from "../adapters/local/data-folder.ts"
import { StartFault } from "../core/start-fault.ts"
import { HeldKeys } from "../envelope/held-keys.ts"
import { openKeyring } from "../envelope/keyring.ts"
import { type KeySource, keySource } from "../operations/key-source.ts"
import type { StateReader } from "../state/reader.ts"
import type { Config } from "./config.ts"
import { rootKeysOf } from "./root-keys.ts"
import { databaseFile } from "./snapshot.ts"
import { type Surroundings, wrongRootKey } from "./unlock.ts"

/** State and keys to look at, beside whoever serves; nothing here can write. */
export interface Looking {
  readonly reader: StateReader
  readonly keys: KeySource
  /** Where it is and who is there, for the operator. */
  readonly place: string
  close(): Promise<void>
}

/** @throws StartFault, or TylerError `unavailable` */
export async function openLooking(config: Config, surroundings: Surroundings): Promise<Looking> {
  if (config.database !== null) {
    const { shared } = await import("./shared.ts")
    const backend = await shared(config, config.database, surroundings, "look")
    return { reader: backend.reader, keys: backend.keys, place: await backend.place(), close: () => backend.close() }
  }
  const path = databaseFile(config)
  if (!existsSync(path)) throw new StartFault(`There is no database ${path}; start the server first`)
  const { requireReadable } = await import("../adapters/sqlite/create.ts")
  requireReadable(path)
  const { sqliteReader } = await import("../adapters/sqlite/reader.ts")
  const reader = sqliteReader(path, surroundings.clock)
  try {
    const place = `data folder ${config.folders.data}, ${isServed(config.folders.data) ? "from which a server serves now" : "held by nobody"}`
    return { reader, keys: await unlocked(config, reader, surroundings), place, close: async () => reader.close() }
  } catch (error) {
    reader.close()
    throw error
  }
}

async function unlocked(config: Config, reader: StateReader, { clock, random }: Surroundings): Promise<KeySource> {
  const roots = rootKeysOf(config, random)
  const root = await roots.find(await reader.rootKeyCheck())
  if (root === undefined) throw wrongRootKey(databaseFile(config), config)
  const held = new HeldKeys(clock.monotonic())
  const keyring = await openKeyring(await reader.keys(), held.through(root))
  return keySource(reader, roots, { root, keyring, held }, clock)
}

function isServed(folder: string): boolean {
  try {
    claimDataFolder(folder).release()
    return false
  } catch (error) {
    if (error instanceof StartFault) return true
    throw error
  }
}
