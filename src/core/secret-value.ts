import { inspect } from "node:util"
import { wipe } from "./bytes.ts"
import { type Receipt, spendReceipt } from "./receipt.ts"

/** The constant every printed, logged or masked value shows. It never depends on the value. */
export const MASK = "••••••••"

/**
 * Plaintext that is hard to hold: no accessor, and every way of printing it shows the mask. It leaves only through the
 * doors below, each of which takes a receipt (or, for `reseal`, lets no plaintext out).
 */
class ConcealedValue {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  static bytesOf(value: unknown): Uint8Array {
    if (typeof value !== "object" || value === null || !(#bytes in value)) throw new Error("not a secret value")
    return value.#bytes
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

export type SecretValue = ConcealedValue

/** Takes ownership of `bytes`: the caller must not keep or change them. */
export function conceal(bytes: Uint8Array): SecretValue {
  return new ConcealedValue(bytes)
}

/** The door for answers: the bytes leave in exchange for a receipt; the concealed copy is wiped. */
export function disclose(value: SecretValue, receipt: Receipt): Buffer {
  spendReceipt(receipt)
  const held = ConcealedValue.bytesOf(value)
  const out = Buffer.from(held)
  wipe(held)
  return out
}

/** The door for sealing and comparing: what comes out must hold no plaintext (a sealed record, a yes or no). */
export function reseal<T>(value: SecretValue, use: (bytes: Uint8Array) => T): T {
  return use(ConcealedValue.bytesOf(value))
}

/**
 * The door for the service's own credentials at another service. No caller gets them, so no receipt is spent. Of `use`
 * itself the text cannot be wiped: strings are the engine's.
 */
export function authenticateWith<T>(value: SecretValue, use: (text: string) => T): T {
  const held = ConcealedValue.bytesOf(value)
  try {
    return use(Buffer.from(held).toString("utf8"))
  } finally {
    wipe(held)
  }
}

/**
 * The door for the store that is to keep the value: the bytes are lent in exchange for the receipt of the INTENT, and
 * wiped after.
 */
export async function entrust<T>(
  value: SecretValue,
  receipt: Receipt,
  use: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  spendReceipt(receipt)
  const held = ConcealedValue.bytesOf(value)
  try {
    return await use(held)
  } finally {
    wipe(held)
  }
}

/**
 * The door for rotation: the bytes are lent to what changes a credential at its target, in exchange for the receipt of the
 * entry that says so, and wiped after. Of `use` itself texts cannot be wiped: strings are the engine's.
 */
export async function lend<T>(
  values: readonly SecretValue[],
  receipt: Receipt,
  use: (stored: readonly Uint8Array[]) => Promise<T>,
): Promise<T> {
  spendReceipt(receipt)
  const held = values.map((value) => ConcealedValue.bytesOf(value))
  try {
    return await use(held)
  } finally {
    for (const bytes of held) wipe(bytes)
  }
}

/** For a value that is not needed after all. */
export function discard(value: SecretValue): void {
  wipe(ConcealedValue.bytesOf(value))
}
