import { TylerError } from "../core/errors.ts"
import { type Random, randomText } from "../core/random.ts"
import type { KeyRow } from "../state/rows.ts"
import type { KeyWrapper } from "./kek.ts"

export const KEY_BYTES = 32

/** The unwrapped keys of a process. Immutable: a rotation opens a new keyring. */
export interface Keyring {
  /** The key-encryption key that new data keys are wrapped by. */
  readonly activeKekId: string
  /** Active and retiring key-encryption keys. */
  readonly keks: ReadonlyMap<string, Uint8Array>
  /** HMAC key of policy, principal and credential rows. */
  readonly rowsKey: Uint8Array
  /** Ed25519 seed of the log's signing key. */
  readonly logSeed: Uint8Array
}

/** @throws TylerError as KeyWrapper.unwrap, or `internal` if a purpose has no active key. */
export async function openKeyring(rows: readonly KeyRow[], wrapper: KeyWrapper): Promise<Keyring> {
  const opened = await Promise.all(
    rows.map(async (row) => ({ row, key: await wrapper.unwrap(row.wrapped, { purpose: row.purpose, keyId: row.id }) })),
  )
  const active = (purpose: KeyRow["purpose"]) => {
    const found = opened.filter(({ row }) => row.purpose === purpose && row.state === "active")
    const [only] = found
    if (only === undefined || found.length > 1)
      throw new TylerError("internal", {}, `${found.length} active ${purpose} keys`)
    return only
  }
  const keks = opened.filter(({ row }) => row.purpose === "kek").map(({ row, key }) => [row.id, key] as const)
  return {
    activeKekId: active("kek").row.id,
    keks: new Map(keks),
    rowsKey: active("rows").key,
    logSeed: active("log").key,
  }
}

/** A fresh random key, wrapped. */
export async function newKey(
  purpose: KeyRow["purpose"],
  wrapper: KeyWrapper,
  random: Random,
  now: number,
): Promise<KeyRow> {
  const id = `k_${randomText(random, 12)}`
  const key = random.bytes(KEY_BYTES)
  const wrapped = await wrapper.wrap(key, { purpose, keyId: id })
  key.fill(0)
  return { id, purpose, wrapped, createdAt: now, state: "active" }
}

/** The keys a new installation is born with. */
export function initialKeys(wrapper: KeyWrapper, random: Random, now: number): Promise<KeyRow[]> {
  return Promise.all((["kek", "rows", "log"] as const).map((purpose) => newKey(purpose, wrapper, random, now)))
}

/** The same keys under another wrapper: root rotation. Nothing sealed has to change. */
export function rewrapKeys(rows: readonly KeyRow[], from: KeyWrapper, to: KeyWrapper): Promise<KeyRow[]> {
  return Promise.all(
    rows.map(async (row) => {
      const context = { purpose: row.purpose, keyId: row.id }
      const key = await from.unwrap(row.wrapped, context)
      const wrapped = await to.wrap(key, context)
      key.fill(0)
      return { ...row, wrapped }
    }),
  )
}
