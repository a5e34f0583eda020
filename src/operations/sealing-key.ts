import type { Keyring } from "../envelope/keyring.ts"
import type { View } from "./perform.ts"
import type { Service } from "./service.ts"

/** What new versions are sealed with. Once something moved, it may have been the key: another replica rotated. */
export async function sealingKeyring(on: Service, { round }: View): Promise<Keyring> {
  return round === 0 ? on.keyring() : on.keys.reload()
}
