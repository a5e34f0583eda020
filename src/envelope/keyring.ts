import { createSecretKey, type KeyObject } from "node:crypto"
import { wipe } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import { type Random, randomText } from "../core/random.ts"
import type { KeyRow } from "../state/rows.ts"
import type { KeyWrapper, WrapContext } from "./kek.ts"

const KEY_BYTES = 32

/** The unwrapped keys of a process. Immutable: after a rotation `openKeyring` of the new rows makes the next one. */
export interface Keyring {
  /** The key-encryption key that new data keys are wrapped by. */
  readonly activeKekId: string
  /** Active and retiring key-encryption keys. */
  readonly keks: ReadonlyMap<string, KeyObject>
  /** HMAC key of policy, principal and credential rows. */
  readonly rowsKey: KeyObject
  /** Ed25519 seed of the log's signing key. */
  readonly logSeed: Uint8Array
}

/** @throws TylerError as KeyWrapper.unwrap, or `internal` unless each purpose has one active key of 32 bytes. */
export async function openKeyring(rows: readonly KeyRow[], wrapper: KeyWrapper): Promise<Keyring> {
  const opened = await Promise.all(
    rows.map(async (row) => {
      const key = await wrapper.unwrap(row.wrapped, contextOf(row))
      if (key.byteLength !== KEY_BYTES) throw new TylerError("internal", {}, `the key ${row.id} has another length`)
      return { row, key }
    }),
  )
  const active = (purpose: KeyRow["purpose"]) => {
    const found = opened.filter(({ row }) => row.purpose === purpose && row.state === "active")
    const [only] = found
    if (only === undefined || found.length > 1)
      throw new TylerError("internal", {}, `${found.length} active ${purpose} keys`)
    return only
  }
  const keks = opened.filter(({ row }) => row.purpose === "kek")
  const keyring = {
    activeKekId: active("kek").row.id,
    keks: new Map(keks.map(({ row, key }) => [row.id, createSecretKey(key)])),
    rowsKey: createSecretKey(active("rows").key),
    logSeed: Uint8Array.from(active("log").key),
  }
  for (const { key } of opened) wipe(key)
  return keyring
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
  try {
    const wrapped = await wrapper.wrap(key, { purpose, keyId: id })
    return { id, purpose, wrapped, createdAt: now, state: "active" }
  } finally {
    wipe(key)
  }
}

/** The same keys under another root key; they stand in clear only while one of them is wrapped. */
export function rewrapKeys(rows: readonly KeyRow[], from: KeyWrapper, to: KeyWrapper): Promise<KeyRow[]> {
  return Promise.all(
    rows.map(async (row) => {
      const key = await from.unwrap(row.wrapped, contextOf(row))
      try {
        return { ...row, wrapped: await to.wrap(key, contextOf(row)) }
      } finally {
        wipe(key)
      }
    }),
  )
}

/** The keys a new installation is born with. */
export function initialKeys(wrapper: KeyWrapper, random: Random, now: number): Promise<KeyRow[]> {
  return Promise.all((["kek", "rows", "log"] as const).map((purpose) => newKey(purpose, wrapper, random, now)))
}

/** Purpose and id are bound, so a row cannot take another's place; state and time are not. */
function contextOf(row: KeyRow): WrapContext {
  return { purpose: row.purpose, keyId: row.id }
}
