import type { Reason } from "./reason.ts"
import type { Verb } from "./verb.ts"

/** Who acts. Jobs (purge, rotation) are principals too, with permits and entries of their own. */
export type PrincipalKind = "person" | "program" | "job"

/** How sure we are of the caller. One gate reads it for every route. */
export type Assurance = "half" | "half_mfa" | "password" | "mfa" | "token" | "system"

/** Signing in is not finished: a factor is still to be shown, or (`half_mfa`: it was) the password to be changed. */
export function isHalf(assurance: Assurance): boolean {
  return assurance === "half" || assurance === "half_mfa"
}

/** Where a request came from, as audited: bounded and escaped, never trusted for a decision. */
export interface Origin {
  readonly requestId: string
  readonly ip: string
  readonly userAgent: string
}

export interface Principal {
  /** Random; survives renaming, is never reused. */
  readonly id: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly roles: readonly string[]
  readonly assurance: Assurance
  /** The principal's epoch when it was read; the record transaction compares it with the row. */
  readonly epoch: number
  /** The session or token in use, for logout and revocation. */
  readonly sessionId: string | null
  /** Of the token in use; absent: whatever the principal may do. */
  readonly scope?: TokenScope
  /** Development only, an admin's access key: rows give it every verb and ask for nothing; their daily limits hold. */
  readonly unguarded?: true
  /** Of a program or an access key: why it asks where it does not say. */
  readonly standingReason?: Reason
}

/** What a token may be used for: it takes away from what its owner may do, and never adds. */
export interface TokenScope {
  /** 1 to 20 patterns, spec/policy.md. */
  readonly secrets: readonly string[]
  /** At least one. */
  readonly verbs: readonly Verb[]
}

export const ADMIN = "admin"
export const AUDITOR = "auditor"
const ROLE = /^[a-z][a-z0-9-]{0,31}$/

/** A role name: lower-case letter, then up to 31 of `[a-z0-9-]`. */
export function isRole(text: string): boolean {
  return ROLE.test(text)
}
