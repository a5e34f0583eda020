import { hash } from "node:crypto"
import { type Random, randomText } from "../core/random.ts"

/** A session ends 12 hours after it was opened, whatever happens in between. */
export const SESSION_LIFETIME_MS = 12 * 3_600_000
/** How long a program's token lives, days. */
export const TOKEN_DAYS = { least: 1, usual: 90, most: 365 } as const
/** What a program gets for a token of an issuer ends after 15 minutes. */
export const WORKLOAD_LIFETIME_MS = 15 * 60_000
/** Such sessions of one program at once. */
export const WORKLOADS_MAX = 500
/** Tokens of one program that are valid at once: the one in use, and the one that takes its place. */
export const TOKENS_MAX = 2

/** Recognisable prefixes let secret scanners find leaked tokens. */
const PREFIX = { session: "tys_", token: "typ_", workload: "typ_" } as const
const TOKEN = /^ty[sp]_[A-Za-z0-9_-]{43}$/
const TOKEN_BYTES = 32

export type TokenKind = keyof typeof PREFIX

/** An opaque 256-bit secret. Only its SHA-256 is kept: with that much entropy a slow hash adds nothing. */
export function newToken(kind: TokenKind, random: Random): { readonly token: string; readonly tokenHash: Buffer } {
  const token = PREFIX[kind] + randomText(random, TOKEN_BYTES)
  return { token, tokenHash: hashToken(token) }
}

/** Undefined for what cannot be a token, so that it costs no look-up. */
export function parseToken(text: string): string | undefined {
  return TOKEN.test(text) ? text : undefined
}

export function hashToken(token: string): Buffer {
  return hash("sha256", token, "buffer")
}

/** The hash in base64, to find what is held by it. */
export function tokenKey(token: string): string {
  return hash("sha256", token, "base64")
}
