import type { KeyWrapper } from "../envelope/kek.ts"
import { type Keyring, openKeyring } from "../envelope/keyring.ts"
import type { StateReader } from "../state/reader.ts"

/** The keyring as last opened. Another replica may have rotated: what does not open is tried again after a reload. */
export interface KeySource {
  current(): Keyring
  reload(): Promise<Keyring>
  readonly wrapper: KeyWrapper
}

export function keySource(reader: Pick<StateReader, "keys">, wrapper: KeyWrapper, opened: Keyring): KeySource {
  let held = opened
  return {
    wrapper,
    current: () => held,
    async reload() {
      held = await openKeyring(await reader.keys(), wrapper)
      return held
    },
  }
}
