import { initialiseDatabase, openDatabase } from "../adapters/postgres/create.ts"
import { leader } from "../adapters/postgres/leader.ts"
import { postgresLedger } from "../adapters/postgres/ledger.ts"
import { migrate, requireMigrated, servingRoleOf } from "../adapters/postgres/migrate.ts"
import { countServing, refuseWhileAlone, serveAlone } from "../adapters/postgres/presence.ts"
import { postgresReader } from "../adapters/postgres/reader.ts"
import { refuseUnfinished } from "../adapters/postgres/unfinished.ts"
import { signCheckpoint } from "../audit/checkpoint.ts"
import { logKeyFromSeed } from "../audit/note.ts"
import { LOG_ORIGIN } from "../operations/audit.ts"
import { keySource } from "../operations/key-source.ts"
import type { Backend, Purpose } from "./backend.ts"
import type { Config } from "./config.ts"
import { type Locked, type Surroundings, unlock } from "./unlock.ts"

/** PostgreSQL, shared by any number of replicas, each with the same root key file. */
export async function shared(
  config: Config,
  { url, migrationUrl }: NonNullable<Config["database"]>,
  surroundings: Surroundings,
  purpose: Purpose,
): Promise<Backend> {
  await using opened = new AsyncDisposableStack()
  const name = new URL(url).host + new URL(url).pathname
  if (purpose === "serve") {
    await migrate({ url: migrationUrl, ...servingRoleOf(url, migrationUrl) })
    await refuseWhileAlone(url, name)
  } else await requireMigrated(url, name)
  const database: Locked = {
    name,
    async open() {
      const born = await openDatabase(url)
      if (born === undefined) await refuseUnfinished(url, name)
      return born
    },
    initialise: (birth) => initialiseDatabase(url, birth),
  }
  const { roots, ...unlocked } = await unlock(database, config, surroundings, purpose)
  const logKey = logKeyFromSeed(LOG_ORIGIN, unlocked.keyring.logSeed)
  const reader = postgresReader({ url })
  opened.defer(() => reader.close())
  const sign = (size: number, root: Uint8Array): string => signCheckpoint(logKey, size, root)
  const ledger = postgresLedger({ url, sign, ...(purpose === "serve" ? { serving: true } : {}) })
  opened.defer(() => ledger.close())
  const lead = leader(url)
  opened.defer(() => lead.close())
  const held = opened.move()
  return {
    reader,
    ledger,
    keys: keySource(reader, roots, unlocked, surroundings.clock),
    alone: () => serveAlone(url, name),
    place: async () => `database ${name}, from which ${await countServing(url)} servers serve now`,
    leads: () => lead.leads(),
    close: () => held.disposeAsync(),
  }
}
