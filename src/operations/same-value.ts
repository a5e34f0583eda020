import { equalBytes } from "../core/bytes.ts"
import { discard, reseal } from "../core/secret-value.ts"
import { open } from "../envelope/seal.ts"
import type { VersionRow } from "../state/rows.ts"
import type { Service } from "./service.ts"

/** Opens a stored version and compares it; only the answer comes out. */
export function sameValue(on: Pick<Service, "keyring">, version: VersionRow, stored: Uint8Array): boolean {
  const value = open(on.keyring(), { secretId: version.secretId, versionId: version.versionId }, version.sealed)
  try {
    return reseal(value, (bytes) => equalBytes(bytes, stored))
  } finally {
    discard(value)
  }
}
