import type { KeyObject } from "node:crypto"
import { derivedText, readSigned, signText } from "./signed-text.ts"

/** From the start of a sign-on to its callback. */
export const SIGN_ON_MS = 10 * 60_000

/** What a sign-on is for. */
export type Purpose =
  /** `next`: the page that sent the browser to sign in; null for none. */
  | { readonly kind: "session"; readonly next: string | null }
  /** A program on the person's own machine waits on this loopback port; `challenge` is SHA-256 of what it holds, base64url. */
  | { readonly kind: "program"; readonly port: number; readonly challenge: string }
  /** Somebody signed in links the identity to his own account. */
  | { readonly kind: "link"; readonly principalId: string; readonly sessionId: string }

/** A sign-on under way, kept by the browser that started it. */
export interface SignOnState {
  /** Random; good for one callback. */
  readonly id: string
  readonly providerId: string
  readonly purpose: Purpose
  readonly startedAt: number
}

/** What the provider must give back, and what it must see, each 43 base64url characters. */
export interface SignOnSecrets {
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly verifier: string
}

const LABEL = "tyler-sign-on/1"

/** The cookie's text. */
export function stateText(key: KeyObject, state: SignOnState): string {
  return signText(key, LABEL, state)
}

/** Undefined for what this service did not make, or made more than 10 minutes ago. */
export function readState(key: KeyObject, text: string, now: number): SignOnState | undefined {
  const state = readSigned(key, LABEL, text) as SignOnState | undefined
  if (state === undefined || now < state.startedAt || now >= state.startedAt + SIGN_ON_MS) return undefined
  return state
}

/** Derived from the cookie's text by a key of the service: not even the browser that holds the text can tell them. */
export function secretsOf(key: KeyObject, text: string): SignOnSecrets {
  return {
    state: derivedText(key, `${LABEL} state`, text),
    nonce: derivedText(key, `${LABEL} nonce`, text),
    verifier: derivedText(key, `${LABEL} verifier`, text),
  }
}
