import type { SecretName } from "../core/name.ts"
import type { VersionId } from "../core/version.ts"
import type { VersionRow } from "../state/rows.ts"
import type { View } from "./perform.ts"
import type { Service } from "./service.ts"

/** A new version of a secret, sealed in its place. The record transaction gives it its number unless it is the first. */
export async function sealedVersion(
  on: Service,
  view: View,
  secret: { readonly id: string; readonly name: SecretName },
  versionId: VersionId,
  stored: Uint8Array,
): Promise<VersionRow> {
  const place = { secretId: secret.id, versionId, name: secret.name }
  const { keyId, sealed } = await on.store.seal(on, view, place, stored)
  return {
    secretId: secret.id,
    versionId,
    seq: 1,
    keyId,
    sealed,
    createdAt: on.clock.now(),
    createdBy: view.principal.id,
    lastAccessed: null,
  }
}
