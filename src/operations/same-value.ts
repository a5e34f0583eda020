import type { SecretName } from "../core/name.ts"
import { discard, reseal } from "../core/secret-value.ts"
import type { VersionRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/**
 * Whether a write with this version's id is its author's own, sent again. Anybody else's is a mismatch unseen: version
 * ids are listed, so the comparison would tell a writer who may not read whether a guess at the value is right.
 */
export async function repeats(
  on: Service,
  name: SecretName,
  version: VersionRow,
  principalId: string,
  stored: Uint8Array,
): Promise<boolean> {
  return version.createdBy === principalId && (await sameValue(on, name, version, stored))
}

/** Opens a stored version and compares it; only the answer comes out. */
async function sameValue(on: Service, name: SecretName, version: VersionRow, stored: Uint8Array): Promise<boolean> {
  const { value } = await on.store.open(on, name, version)
  try {
    return reseal(value, (bytes) => on.store.same(bytes, stored))
  } finally {
    discard(value)
  }
}
