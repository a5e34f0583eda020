import type { SecretName } from "../core/name.ts"
import type { SecretValue } from "../core/secret-value.ts"
import { open } from "../envelope/seal.ts"
import type { VersionRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/** Opens a version. One sealed under a key this process has not seen: another replica rotated, so keys are read anew. */
export async function openVersion(on: Service, name: SecretName, version: VersionRow): Promise<SecretValue> {
  const { secretId, versionId, keyId, sealed } = version
  const keyring = on.keyring().keks.has(keyId) ? on.keyring() : await on.keys.reload()
  return open(keyring, { secretId, versionId, name }, sealed)
}
