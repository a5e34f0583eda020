import { kmsRootKey } from "../adapters/aws/kms.ts"
import { localRootKey, obtainRootKey } from "../adapters/local/root-key.ts"
import { rootKeyFiles } from "../adapters/local/root-key-files.ts"
import { equalBytes } from "../core/bytes.ts"
import type { Random } from "../core/random.ts"
import type { RootKey, RootKeys } from "../envelope/kek.ts"
import type { Config } from "./config.ts"

/** The root keys that the configuration names; at a first start also the one to begin with. */
export interface ConfiguredRootKeys extends RootKeys {
  /** The KMS key; without one the root key file, made if it is missing. @throws StartFault, or as KeyWrapper */
  first(): Promise<RootKey>
}

/**
 * The files, and the KMS keys once something is not wrapped by a file. Rotation goes one way: from a file to
 * KMS_KEY_ID, from that to KMS_NEXT_KEY_ID or, where that is not set, to a new file.
 */
export function rootKeysOf(config: Config, random: Random): ConfiguredRootKeys {
  const { rootKeyFile } = config.folders
  const files = rootKeyFiles(rootKeyFile, random)
  const aws = config.aws
  if (aws === null || aws.kms === null)
    return { ...files, first: async () => localRootKey(obtainRootKey(rootKeyFile, random), random) }

  const { keyId, nextKeyId } = aws.kms
  const { place } = aws
  const asked = (name: string) => once(() => kmsRootKey({ place, keyId: name, environment: config.environment }))
  const current = asked(keyId)
  const following = nextKeyId === null ? null : asked(nextKeyId)
  return {
    first: current,
    async find(check) {
      const file = await files.find(check)
      if (file !== undefined) return file
      for (const root of [current, following]) {
        const found = await root?.()
        if (found !== undefined && equalBytes(found.check, check)) return found
      }
      return undefined
    },
    async next(from) {
      if (from.name.kind === "local") return current()
      if (!equalBytes(from.check, (await current()).check)) return undefined
      return following === null ? files.next(from) : following()
    },
  }
}

/** Asks again only after a failure. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined
      throw error
    })
    return answer
  }
}
