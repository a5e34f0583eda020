import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import { StartFault } from "../core/start-fault.ts"
import type { RootKey, RootKeys } from "../envelope/kek.ts"
import { type Keyring, openKeyring } from "../envelope/keyring.ts"
import type { StateReader } from "../state/reader.ts"

/** The keyring as last opened. Another replica may have rotated: what does not open is tried again after a reload. */
export interface KeySource {
  current(): Keyring
  /** Also finds the root key again. @throws TylerError `unavailable` if it is not on this machine */
  reload(): Promise<Keyring>
  /** The root key that the keyring was opened with. */
  root(): RootKey
  /** The root key to rotate to. @throws TylerError `root_key_not_prepared` */
  next(): RootKey
}

/** Reads between which the root key was rotated give keys that do not open; a second time it is not that. */
const READS = 3

export function keySource(
  reader: Pick<StateReader, "keys" | "rootKeyCheck">,
  roots: RootKeys,
  opened: { readonly root: RootKey; readonly keyring: Keyring },
): KeySource {
  let { root, keyring } = opened

  async function read(): Promise<Keyring> {
    const check = await reader.rootKeyCheck()
    if (!equalBytes(check, root.check)) root = found(usable(() => roots.find(check)))
    return openKeyring(await reader.keys(), root.wrapper)
  }

  return {
    current: () => keyring,
    root: () => root,
    async reload() {
      for (let reads = 1; ; reads++) {
        try {
          return (keyring = await read())
        } catch (error) {
          if (reads === READS || !(error instanceof TylerError) || error.code !== "internal") throw error
        }
      }
    },
    next() {
      const next = usable(() => roots.next())
      if (next === undefined || equalBytes(next.check, root.check)) throw new TylerError("root_key_not_prepared")
      return next
    },
  }
}

function found(root: RootKey | undefined): RootKey {
  if (root === undefined)
    throw new TylerError("unavailable", {}, "the root key was rotated and the new one is not on this machine")
  return root
}

/** A file that is there but cannot be used: why is for the log, which may name paths. */
function usable(find: () => RootKey | undefined): RootKey | undefined {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof StartFault)) throw error
    throw new TylerError("root_key_not_prepared", {}, error.message)
  }
}
