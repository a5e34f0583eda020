/** What a wrapped key is for; bound to it as associated data (KMS: encryption context). */
export interface WrapContext {
  readonly purpose: string
  readonly keyId: string
}

/**
 * Wraps keyring keys, and nothing else. Two implementations: the local root key, AWS KMS. `unwrap` gives back exactly
 * what `wrap` was given under the same context, in bytes that are the caller's to wipe. Neither is retried here.
 * Throws TylerError `unavailable` if the root of trust cannot be reached, `internal` if the bytes do not open.
 */
export interface KeyWrapper {
  wrap(key: Uint8Array, context: WrapContext): Promise<Uint8Array>
  unwrap(wrapped: Uint8Array, context: WrapContext): Promise<Uint8Array>
}

/** A root of trust and the value it is recognised by, which is stored beside the keys it wraps. */
export interface RootKey {
  readonly check: Uint8Array
  readonly wrapper: KeyWrapper
}

/** The root keys at hand. Both throw StartFault for a key that is there but cannot be used. */
export interface RootKeys {
  /** The one that wraps a database with this check value; undefined: not here. */
  find(check: Uint8Array): RootKey | undefined
  /** The one to rotate to; undefined: none was prepared. */
  next(): RootKey | undefined
}
