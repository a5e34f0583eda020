import { equalBytes } from "../core/bytes.ts"
import type { Clock } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import { StartFault } from "../core/start-fault.ts"
import { HeldKeys } from "../envelope/held-keys.ts"
import type { RootKey, RootKeys } from "../envelope/kek.ts"
import { type Keyring, openKeyring } from "../envelope/keyring.ts"
import type { StateReader } from "../state/reader.ts"

/** The keyring as last opened. Another replica may have rotated: what does not open is tried again after a reload. */
export interface KeySource {
  /** @throws TylerError `unavailable` once its root of trust has not confirmed it for longer than the root key says */
  current(): Keyring
  /** Also finds the root key again. @throws TylerError `unavailable` if it is not on this machine */
  reload(): Promise<Keyring>
  /** Unwraps every key anew once half their time is over; until that succeeds, or their time ends, they stay in use. */
  renew(): Promise<void>
  /** Why `current` refuses; null: it does not. */
  trouble(): string | null
  /** The root key that the keyring was opened with. */
  root(): RootKey
  /** The root key to rotate to. @throws TylerError `root_key_not_prepared`, or as KeyWrapper */
  next(): Promise<RootKey>
}

export interface OpenedKeys {
  readonly root: RootKey
  readonly keyring: Keyring
  /** What was unwrapped for it. */
  readonly held: HeldKeys
}

/** Reads between which the root key was rotated give keys that do not open; a second time it is not that. */
const READS = 3

export function keySource(
  reader: Pick<StateReader, "keys" | "rootKeyCheck">,
  roots: RootKeys,
  opened: OpenedKeys,
  clock: Pick<Clock, "monotonic">,
): KeySource {
  let { root } = opened
  let keyring: Keyring | undefined = opened.keyring
  let { held } = opened
  let lastCause = "keys_expired"

  const age = (): number => clock.monotonic() - held.since
  const expired = (): boolean => root.goodForMs !== null && age() >= root.goodForMs

  /** The keys themselves go too: nothing that was left in a variable may serve on. */
  function usableKeyring(): Keyring | undefined {
    if (expired()) {
      keyring = undefined
      held.wipe()
    }
    return keyring
  }

  async function open(fresh: boolean): Promise<Keyring> {
    const since = clock.monotonic()
    const check = await reader.rootKeyCheck()
    const from = equalBytes(check, root.check) ? root : found(await usable(() => roots.find(check)))
    const holding = fresh || from !== root || usableKeyring() === undefined ? new HeldKeys(since) : held
    const read = await openKeyring(await reader.keys(), holding.through(from))
    // Of two that were opened at the same time the one whose keys were unwrapped later stays.
    if (holding === held || holding.since >= held.since) {
      if (holding !== held) held.wipe()
      held = holding
      root = from
      keyring = read
    }
    return read
  }

  async function openSurely(fresh: boolean): Promise<Keyring> {
    for (let reads = 1; ; reads++) {
      try {
        return await open(fresh)
      } catch (error) {
        if (error instanceof TylerError && typeof error.facts["cause"] === "string") lastCause = error.facts["cause"]
        if (reads === READS || !mayBeRotated(error)) throw error
      }
    }
  }

  return {
    current() {
      const now = usableKeyring()
      if (now === undefined) throw new TylerError("unavailable", { cause: lastCause, error: EXPIRED })
      return now
    },
    root: () => root,
    reload: () => openSurely(false),
    async renew() {
      if (root.goodForMs !== null && (keyring === undefined || age() >= root.goodForMs / 2)) await openSurely(true)
    },
    trouble: () => (usableKeyring() === undefined ? lastCause : null),
    async next() {
      const next = await usable(() => roots.next(root))
      if (next === undefined || equalBytes(next.check, root.check)) throw new TylerError("root_key_not_prepared")
      return next
    },
  }
}

const EXPIRED = "The keys cannot be unwrapped now; nothing was released"

const OTHERS: ReadonlySet<unknown> = new Set(["kms_incorrect_key", "kms_invalid_ciphertext"])

function mayBeRotated(error: unknown): boolean {
  return error instanceof TylerError && (error.code === "internal" || OTHERS.has(error.facts["cause"]))
}

function found(root: RootKey | undefined): RootKey {
  if (root === undefined)
    throw new TylerError("unavailable", {}, "the root key was rotated and the new one is not on this machine")
  return root
}

/** A file that is there but cannot be used: why is for the log, which may name paths. */
async function usable(find: () => Promise<RootKey | undefined>): Promise<RootKey | undefined> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof StartFault)) throw error
    throw new TylerError("root_key_not_prepared", {}, error.message)
  }
}
