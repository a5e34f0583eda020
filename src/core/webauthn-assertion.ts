import { createPublicKey, type KeyObject, verify } from "node:crypto"
import { equalBytes, sha256, toBase64url } from "./bytes.ts"

/**
 * Verifies what a passkey signed, with node:crypto alone: the server when a person steps up or approves, and the offline
 * verifier of the log years later. Web Authentication Level 3, section 7.2, steps 11 to 23, for passkeys that verify
 * their user.
 */

/** COSE algorithms (RFC 9053 and RFC 8812), in the order they are offered: ES256, EdDSA over Ed25519, RS256. */
export const ALGORITHMS = [-7, -8, -257] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** Most bytes of each; what is within them can stand in the log. */
export const WEBAUTHN_LIMITS = {
  /** Web Authentication, section 4. */
  credentialId: 1023,
  /** SubjectPublicKeyInfo of a 4,096-bit RSA key takes 550. */
  publicKey: 2048,
  clientData: 4096,
  authenticatorData: 1024,
  signature: 1024,
} as const

export interface Assertion {
  readonly clientDataJSON: Uint8Array
  readonly authenticatorData: Uint8Array
  readonly signature: Uint8Array
}

export interface Expected {
  readonly rpId: string
  readonly origin: string
  readonly challenge: Uint8Array
}

export type AssertionFault =
  | "malformed"
  | "wrong_type"
  | "wrong_challenge"
  | "wrong_origin"
  | "cross_origin"
  | "wrong_rp"
  | "user_not_present"
  | "user_not_verified"
  | "bad_key"
  | "bad_signature"

const FLAG = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40, extended: 0x80 } as const
const HASH_BYTES = 32
/** Hash of the rpId, flags, counter. */
const DATA_BYTES = HASH_BYTES + 1 + 4
const RSA = { leastBits: 2048, mostBits: 4096, exponent: 65_537n } as const

/**
 * @param publicKeySpki DER of SubjectPublicKeyInfo.
 * @returns the signature counter, or what is wrong. Never throws.
 */
export function judgeAssertion(
  expected: Expected & { readonly publicKeySpki: Uint8Array; readonly algorithm: number },
  assertion: Assertion,
): { readonly counter: number } | { readonly fault: AssertionFault } {
  const { clientDataJSON, authenticatorData, signature } = assertion
  const fault =
    clientDataFault("webauthn.get", expected, clientDataJSON) ??
    authenticatorDataFault(expected.rpId, authenticatorData)
  if (fault !== undefined) return { fault }
  const key = passkeyKey(expected.publicKeySpki, expected.algorithm)
  if (key === undefined) return { fault: "bad_key" }
  const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)])
  const digest = expected.algorithm === -8 ? null : "sha256"
  if (signature.byteLength > WEBAUTHN_LIMITS.signature || !verify(digest, signed, key, signature))
    return { fault: "bad_signature" }
  return { counter: Buffer.from(authenticatorData).readUInt32BE(DATA_BYTES - 4) }
}

/** The origin is compared as text and is one: no list, no port that may be missing. */
export function clientDataFault(
  type: "webauthn.get" | "webauthn.create",
  expected: Expected,
  bytes: Uint8Array,
): AssertionFault | undefined {
  const data = bytes.byteLength > WEBAUTHN_LIMITS.clientData ? undefined : objectIn(bytes)
  if (data === undefined) return "malformed"
  if (data["type"] !== type) return "wrong_type"
  if (data["challenge"] !== toBase64url(expected.challenge)) return "wrong_challenge"
  if (data["origin"] !== expected.origin) return "wrong_origin"
  const framed = (data["crossOrigin"] ?? false) !== false || (data["topOrigin"] ?? null) !== null
  return framed ? "cross_origin" : undefined
}

function authenticatorDataFault(rpId: string, data: Uint8Array): AssertionFault | undefined {
  const { byteLength } = data
  if (byteLength < DATA_BYTES || byteLength > WEBAUTHN_LIMITS.authenticatorData) return "malformed"
  const flags = data[HASH_BYTES] ?? 0
  const has = (flag: keyof typeof FLAG): boolean => (flags & FLAG[flag]) !== 0
  // Nothing may follow but extensions, and only where the flags say so; what they hold is not looked at.
  if (has("attested") || has("extended") !== byteLength > DATA_BYTES) return "malformed"
  if (has("backedUp") && !has("eligible")) return "malformed"
  if (!equalBytes(data.subarray(0, HASH_BYTES), sha256(Buffer.from(rpId)))) return "wrong_rp"
  if (!has("present")) return "user_not_present"
  return has("verified") ? undefined : "user_not_verified"
}

/** The key, if it is one of that algorithm, of no odd size, and spelled as DER has it: one key has one spelling. */
export function passkeyKey(spki: Uint8Array, algorithm: number): KeyObject | undefined {
  if (spki.byteLength > WEBAUTHN_LIMITS.publicKey) return undefined
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" })
    const canonical = equalBytes(key.export({ format: "der", type: "spki" }), spki)
    return canonical && FITS.get(algorithm)?.(key) === true ? key : undefined
  } catch {
    return undefined
  }
}

const FITS: ReadonlyMap<number, (key: KeyObject) => boolean> = new Map<Algorithm, (key: KeyObject) => boolean>([
  [-7, (key) => key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1"],
  [-8, (key) => key.asymmetricKeyType === "ed25519"],
  [-257, (key) => key.asymmetricKeyType === "rsa" && isUsual(key.asymmetricKeyDetails)],
])

/** With an exponent of 1 anybody could sign. */
function isUsual(rsa: KeyObject["asymmetricKeyDetails"]): boolean {
  const { modulusLength: bits = 0, publicExponent } = rsa ?? {}
  return bits >= RSA.leastBits && bits <= RSA.mostBits && publicExponent === RSA.exponent
}

/** Strict UTF-8, no byte order mark; of a key that stands twice the last counts, as ECMA-262 reads JSON. */
function objectIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes))
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
