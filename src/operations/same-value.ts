import { equalBytes } from "../core/bytes.ts"
import type { SecretName } from "../core/name.ts"
import { discard, reseal } from "../core/secret-value.ts"
import { open } from "../envelope/seal.ts"
import type { VersionRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/**
 * Whether a write with this version's id is its author's own, sent again. Anybody else's is a mismatch unseen: version
 * ids are listed, so the comparison would tell a writer who may not read whether a guess at the value is right.
 */
export function repeats(
  on: Pick<Service, "keyring">,
  name: SecretName,
  version: VersionRow,
  principalId: string,
  stored: Uint8Array,
): boolean {
  return version.createdBy === principalId && sameValue(on, name, version, stored)
}

/** Opens a stored version and compares it; only the answer comes out. */
function sameValue(on: Pick<Service, "keyring">, name: SecretName, version: VersionRow, stored: Uint8Array): boolean {
  const value = open(on.keyring(), { secretId: version.secretId, versionId: version.versionId, name }, version.sealed)
  try {
    return reseal(value, (bytes) => equalBytes(bytes, stored))
  } finally {
    discard(value)
  }
}
