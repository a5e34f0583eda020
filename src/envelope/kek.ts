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
