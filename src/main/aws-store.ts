import { callerIdentity } from "../adapters/aws/identity.ts"
import { secretsManager } from "../adapters/aws/secrets-manager.ts"
import { redisCache } from "../adapters/redis/shared-cache.ts"
import { StartFault } from "../core/start-fault.ts"
import { keptOutside } from "../operations/outside/store.ts"
import type { ValueStore } from "../operations/value-store.ts"
import { newLooks, type SharedCacheState } from "../secrets/shared-cache.ts"
import type { Config } from "./config.ts"
import type { Surroundings } from "./unlock.ts"

export interface AwsStore {
  readonly store: ValueStore
  /** ARNs of this account, Region and prefix. */
  readonly below: RegExp
  /** Null: the replicas share none. */
  readonly shared: SharedCacheState | null
  readonly close: () => void
}

/** @throws StartFault if AWS does not answer, or says that we are another account's */
export async function awsStore(
  config: Config,
  { encrypt, kmsKeys, redisUrl }: NonNullable<Config["store"]>,
  { clock, random }: Surroundings,
): Promise<AwsStore> {
  const { aws } = config
  if (aws === null) throw new StartFault("SECRETS_BACKEND=aws needs AWS_REGION")
  const account = await accountOf(aws)
  if (aws.accountId !== null && aws.accountId !== account)
    throw new StartFault(`AWS_ACCOUNT_ID is ${aws.accountId}, but our AWS credentials belong to ${account}`)
  const secrets = secretsManager(aws.place)
  const { prefix, cacheSeconds } = config.secrets
  const outside = { store: secrets, prefix, encrypt, kmsKeys, environment: config.environment }
  const cache = redisUrl === null ? null : await redisCache(redisUrl, () => clock.monotonic())
  const shared = cache === null ? null : { cache, looks: newLooks(), trouble: () => cache.trouble() }
  const parts = `^arn:aws[a-z-]*:secretsmanager:${aws.place.region}:${account}:secret:${escaped(prefix)}/`
  return {
    store: keptOutside(outside, { clock, random, cacheMs: cacheSeconds * 1000, shared }),
    below: new RegExp(parts),
    shared,
    close() {
      secrets.close()
      cache?.close()
    },
  }
}

async function accountOf({ place }: NonNullable<Config["aws"]>): Promise<string> {
  try {
    return (await callerIdentity(place)).account
  } catch (error) {
    const name = error instanceof Error ? error.name : "no answer"
    throw new StartFault(`AWS does not say who we are (${name}); run tyler-server aws doctor`)
  }
}

function escaped(text: string): string {
  return text.replace(/[.+]/g, "\\$&")
}
