import type { SecretName } from "../core/name.ts"
import type { SecretValue } from "../core/secret-value.ts"
import { open } from "../envelope/seal.ts"
import type { VersionRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/**
 * Opens a version. One sealed under a key that this process does not know: either another replica rotated and the key is
 * new, so keys are read anew; or the key is gone and the row is an old copy, so the re-wrapped row is read too.
 */
export function openVersion(on: Service, name: SecretName, version: VersionRow): Promise<SecretValue> {
  return on.spans.span("open", () => openSealed(on, name, version))
}

async function openSealed(on: Service, name: SecretName, version: VersionRow): Promise<SecretValue> {
  const { secretId, versionId } = version
  const place = { secretId, versionId, name }
  if (on.keyring().keks.has(version.keyId)) return open(on.keyring(), place, version.sealed)
  const keyring = await on.keys.reload()
  if (keyring.keks.has(version.keyId)) return open(keyring, place, version.sealed)
  on.secrets.drop(name)
  const row = await on.reader.version(secretId, versionId)
  return open(await on.keys.reload(), place, (row ?? version).sealed)
}
