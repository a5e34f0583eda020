/** What a wrapped key is for; bound to it as associated data (KMS: encryption context). */
export interface WrapContext {
  readonly purpose: string
  readonly keyId: string
}

/**
 * Wraps keyring keys, and nothing else. Two implementations: the local root key, AWS KMS. `unwrap` gives back exactly
 * what `wrap` was given under the same context, in bytes that are the caller's to wipe. Neither is retried here.
 * Throws TylerError `unavailable`, with a cause, if the root of trust cannot be reached or refuses, `internal` if the bytes
 * do not open.
 */
export interface KeyWrapper {
  wrap(key: Uint8Array, context: WrapContext): Promise<Uint8Array>
  unwrap(wrapped: Uint8Array, context: WrapContext): Promise<Uint8Array>
}

/** What wraps the keyring, for people to read. */
export type RootName =
  | { readonly kind: "local"; readonly check: string }
  | { readonly kind: "kms"; readonly keyArn: string }

/** A root of trust and the value it is recognised by, which is stored beside the keys it wraps. */
export interface RootKey {
  readonly check: Uint8Array
  readonly name: RootName
  readonly wrapper: KeyWrapper
  /** How long a key may be used after it was unwrapped, in ms; null: as long as the process runs. */
  readonly goodForMs: number | null
}

/** The root keys at hand. Both reject with StartFault for a key that is there but cannot be used, or as KeyWrapper. */
export interface RootKeys {
  /** The one that wraps a database with this check value; undefined: not here. */
  find(check: Uint8Array): Promise<RootKey | undefined>
  /** The one to rotate to from that one; undefined: none was prepared. */
  next(current: RootKey): Promise<RootKey | undefined>
}
