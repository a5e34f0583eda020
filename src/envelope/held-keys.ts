import { wipe } from "../core/bytes.ts"
import type { KeyWrapper, RootKey, WrapContext } from "./kek.ts"

/** Keys held at most; a keyring has three, and one more for each rotation that is not finished. */
export const HELD_MOST = 100

/** Unwrapped keys, so that a keyring that is read again asks its root of trust only for what is new. */
export class HeldKeys {
  /** When the first of them can have been unwrapped, in ms of the monotonic clock. */
  readonly since: number
  readonly #keys = new Map<string, Uint8Array>()
  #wiped = false

  constructor(since: number) {
    this.since = since
  }

  /**
   * A root key's wrapper, but what it has unwrapped once it gives again, as a copy that is the caller's to wipe. Of a
   * root key that is at hand for ever nothing is held.
   */
  through({ wrapper, goodForMs }: Pick<RootKey, "wrapper" | "goodForMs">): KeyWrapper {
    if (goodForMs === null) return wrapper
    return {
      wrap: (key, context) => wrapper.wrap(key, context),
      unwrap: async (wrapped, context) => {
        const place = placeOf(wrapped, context)
        const known = this.#keys.get(place)
        if (known !== undefined) return Uint8Array.from(known)
        const key = await wrapper.unwrap(wrapped, context)
        if (!this.#wiped && this.#keys.size < HELD_MOST) this.#keys.set(place, Uint8Array.from(key))
        return key
      },
    }
  }

  /** Ends it: nothing is held from now on. */
  wipe(): void {
    this.#wiped = true
    for (const key of this.#keys.values()) wipe(key)
    this.#keys.clear()
  }
}

function placeOf(wrapped: Uint8Array, { purpose, keyId }: WrapContext): string {
  return JSON.stringify([purpose, keyId, Buffer.from(wrapped).toString("base64")])
}
