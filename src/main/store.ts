import { StartFault } from "../core/start-fault.ts"
import { keptHere } from "../operations/kept-here.ts"
import type { ValueStore } from "../operations/value-store.ts"
import type { SharedCacheState } from "../secrets/shared-cache.ts"
import type { StateReader } from "../state/reader.ts"
import type { Config } from "./config.ts"
import type { Surroundings } from "./unlock.ts"

export interface OpenStore {
  readonly store: ValueStore
  /** Null: there is none. */
  readonly shared: SharedCacheState | null
}

/**
 * Where the configuration keeps values. What is not asked for is not loaded: the AWS SDK is 23 MB. @throws StartFault if
 * AWS is another one than configured, or the database holds secrets of another kind
 */
export async function openStore(
  config: Config,
  reader: StateReader,
  surroundings: Surroundings,
  opened: AsyncDisposableStack,
): Promise<OpenStore> {
  if (config.store === null) {
    await requireArns(reader, (arn, id) => arn !== id, "values in AWS; set SECRETS_BACKEND=aws")
    return { store: keptHere, shared: null }
  }
  const { awsStore } = await import("./aws-store.ts")
  const { store, below, shared, close } = await awsStore(config, config.store, surroundings)
  opened.defer(close)
  await requireArns(
    reader,
    (arn, id) => arn === id && below.test(arn),
    "secrets that are not in this account, Region and prefix of AWS; use another database for these",
  )
  return { store, shared }
}

/** The sweep would take what it does not find in AWS for deleted. One secret is enough to tell: they are all of a kind. */
async function requireArns(
  reader: StateReader,
  fits: (arn: string, id: string) => boolean,
  what: string,
): Promise<void> {
  const [secret] = await reader.catalog("", 1)
  if (secret !== undefined && !fits(secret.arn, secret.id)) throw new StartFault(`The database governs ${what}`)
}
