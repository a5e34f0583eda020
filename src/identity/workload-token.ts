import { hash } from "node:crypto"
import type { JWK } from "jose"
import { type Json, parseJson } from "../core/json.ts"

/** Longest token that is looked at, in characters. */
export const WORKLOAD_TOKEN_LIMIT = 16_384
/** How far the issuer's clock and ours may differ, seconds. */
const LEEWAY_S = 60
/** A token is good for an hour after `iat`, whatever its `exp`. */
const OLDEST_S = 3600
/** Most keys of one issuer. */
const KEYS_MAX = 100

/** Signatures only: no secret that both sides hold, and no `none`. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
const COMPACT = /^([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/

/** Why a token opens nothing; for the log only, the caller hears one answer for all. */
export type WorkloadFault =
  | "malformed"
  | "issuer"
  | "algorithm"
  | "key"
  | "signature"
  | "audience"
  | "expired"
  | "not_yet"
  | "too_old"
  | "claims"
  | "subject"
  | "account"
  | "replayed"

/** What a token says of itself before anything is verified. */
export interface WorkloadToken {
  readonly text: string
  readonly issuer: string
  /** Null: it names no key. */
  readonly keyId: string | null
  /** Over what is signed: another spelling of the same signature is the same token. 32 bytes. */
  readonly id: Buffer
  readonly claims: Readonly<Record<string, Json>>
}

/** A JWT in compact form (RFC 7519) whose algorithm we accept. Repeated members, in header or claims, are a fault. */
export function readWorkloadToken(text: string): WorkloadToken | { readonly fault: WorkloadFault } {
  const [, signed] = (text.length <= WORKLOAD_TOKEN_LIMIT && COMPACT.exec(text)) || []
  if (signed === undefined) return { fault: "malformed" }
  const [header, claims] = signed.split(".").map(objectIn)
  if (header === undefined || claims === undefined) return { fault: "malformed" }
  const { alg, kid = null, crit } = header
  if (crit !== undefined) return { fault: "malformed" }
  if (typeof alg !== "string" || !ALGORITHMS.includes(alg)) return { fault: "algorithm" }
  if (kid !== null && typeof kid !== "string") return { fault: "malformed" }
  const { iss } = claims
  if (typeof iss !== "string") return { fault: "issuer" }
  return { text, issuer: iss, keyId: kid, id: hash("sha256", `workload-token ${signed}`, "buffer"), claims }
}

function objectIn(part: string): Readonly<Record<string, Json>> | undefined {
  try {
    const parsed = parseJson(Buffer.from(part, "base64url").toString("utf8"))
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined
    return parsed as Readonly<Record<string, Json>>
  } catch {
    return undefined
  }
}

export interface Expected {
  readonly issuer: string
  readonly audience: string
  readonly keys: readonly JWK[]
  /** Milliseconds since 1970 UTC. */
  readonly now: number
}

/**
 * Signature, issuer, audience and times. The audience must be ours alone: a token that others may take as well could be
 * theirs to send on. @returns the subject and the millisecond after which the token is refused anyway
 */
export async function verifyWorkloadToken(
  token: WorkloadToken,
  expected: Expected,
): Promise<{ readonly subject: string; readonly goodUntil: number } | { readonly fault: WorkloadFault }> {
  const { aud, sub, exp, iat } = token.claims
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  // Loaded by the first login of this kind: no start and no person pays for it.
  const { createLocalJWKSet, errors, jwtVerify } = await import("jose")
  try {
    await jwtVerify(token.text, createLocalJWKSet({ keys: [...expected.keys] }), {
      algorithms: ALGORITHMS,
      issuer: expected.issuer,
      requiredClaims: ["iss", "aud", "sub", "exp", "iat"],
      clockTolerance: LEEWAY_S,
      maxTokenAge: OLDEST_S,
      currentDate: new Date(expected.now),
    })
  } catch (error) {
    if (error instanceof errors.JOSEError) return { fault: faultOf(error) }
    throw error
  }
  if (audience !== expected.audience) return { fault: "audience" }
  if (typeof sub !== "string" || sub === "" || typeof exp !== "number" || typeof iat !== "number")
    return { fault: "claims" }
  return { subject: sub, goodUntil: Math.ceil((Math.min(exp, iat + OLDEST_S) + LEEWAY_S) * 1000) }
}

const FAULTS: Readonly<Record<string, WorkloadFault>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: "algorithm",
  ERR_JOSE_NOT_SUPPORTED: "algorithm",
  ERR_JWKS_NO_MATCHING_KEY: "key",
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "key",
  ERR_JWKS_INVALID: "key",
  ERR_JWK_INVALID: "key",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "signature",
  ERR_JWT_EXPIRED: "expired",
}
const CLAIMS: Readonly<Record<string, WorkloadFault>> = {
  iss: "issuer",
  aud: "audience",
  nbf: "not_yet",
  iat: "not_yet",
}

function faultOf(error: { readonly code: string; readonly claim?: unknown }): WorkloadFault {
  if (error.code === "ERR_JWT_EXPIRED" && error.claim === "iat") return "too_old"
  const claim = error.code === "ERR_JWT_CLAIM_VALIDATION_FAILED" ? CLAIMS[String(error.claim)] : undefined
  return claim ?? FAULTS[error.code] ?? "malformed"
}

/**
 * The keys of a JWK set (RFC 7517) that verify signatures: at most 100. Shared secrets are left out.
 * @returns undefined for what is no such set
 */
export function publicKeys(set: unknown): readonly JWK[] | undefined {
  const keys: unknown = typeof set === "object" && set !== null && "keys" in set ? set.keys : undefined
  if (!Array.isArray(keys) || keys.length > KEYS_MAX) return undefined
  if (!keys.every((key) => typeof key === "object" && key !== null && !Array.isArray(key))) return undefined
  return (keys as JWK[]).filter(({ kty }) => kty === "RSA" || kty === "EC" || kty === "OKP")
}
