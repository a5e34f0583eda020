import { createPublicKey, type JsonWebKey } from "node:crypto"
import { equalBytes, fromBase64url } from "../core/bytes.ts"
import {
  ALGORITHMS,
  type Algorithm,
  type Assertion,
  type AssertionFault,
  clientDataFault,
  type Expected,
  judgeAssertion,
  passkeyKey,
  WEBAUTHN_LIMITS,
} from "../core/webauthn-assertion.ts"

/**
 * Passkeys: what a browser is asked for and how its answers are judged. The user is always verified by the authenticator,
 * nobody is asked who made it. Challenges are the caller's: 32 random bytes or a hash over such, used once.
 */

export interface PasskeyHandle {
  readonly credentialId: Uint8Array
  readonly transports: readonly string[]
}

export interface RegisteredPasskey extends PasskeyHandle {
  readonly algorithm: Algorithm
  /** DER of SubjectPublicKeyInfo: all later checks need node:crypto alone. */
  readonly publicKeySpki: Uint8Array
  /** As the authenticator counts; 0 for those that do not. */
  readonly counter: number
}

export type PasskeyFault =
  | AssertionFault
  /** The answer is of another passkey. */
  | "wrong_credential"
  /** The counter has not grown: somebody may have a copy of the authenticator. */
  | "counter_replayed"
  /** An attestation that nobody asked for. */
  | "attestation_refused"

export interface Fault {
  readonly fault: PasskeyFault
}

const ATTESTATION_LIMIT = 16_384
const TRANSPORTS: readonly string[] = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]

/** Argument of `navigator.credentials.create`, in the form `PublicKeyCredential.parseCreationOptionsFromJSON` reads. */
export function registrationOptions(of: {
  readonly rpId: string
  readonly rpName: string
  /** 1 to 64 bytes that say nothing about the person: the authenticator keeps them. */
  readonly userId: Uint8Array
  readonly userName: string
  readonly challenge: Uint8Array
  /** The person's passkeys so far. */
  readonly exclude: readonly PasskeyHandle[]
  readonly timeoutMs: number
}) {
  return {
    rp: { id: of.rpId, name: of.rpName },
    user: { id: text(of.userId), name: of.userName, displayName: of.userName },
    challenge: text(of.challenge),
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg }) as const),
    timeout: of.timeoutMs,
    excludeCredentials: of.exclude.map(descriptor),
    authenticatorSelection: { residentKey: "preferred", requireResidentKey: false, userVerification: "required" },
    attestation: "none",
  } as const
}

/** Argument of `navigator.credentials.get`, in the form `PublicKeyCredential.parseRequestOptionsFromJSON` reads. */
export function assertionOptions(of: {
  readonly rpId: string
  readonly challenge: Uint8Array
  /** The person's passkeys. */
  readonly allow: readonly PasskeyHandle[]
  readonly timeoutMs: number
}) {
  return {
    rpId: of.rpId,
    challenge: text(of.challenge),
    allowCredentials: of.allow.map(descriptor),
    timeout: of.timeoutMs,
    userVerification: "required",
  } as const
}

/** @param response whatever the caller sent where `PublicKeyCredential.toJSON()` of a registration is due. */
export async function verifyRegistration(expected: Expected, response: unknown): Promise<RegisteredPasskey | Fault> {
  const { credentialId, fields, inner } = credentialIn(response)
  const clientData = bytesIn(inner, "clientDataJSON", WEBAUTHN_LIMITS.clientData)
  const attestation = bytesIn(inner, "attestationObject", ATTESTATION_LIMIT)
  if (!credentialId || !clientData || !attestation) return { fault: "malformed" }
  const fault = clientDataFault("webauthn.create", expected, clientData)
  if (fault !== undefined) return { fault }
  const judged = await judgeAttestation(expected, text(credentialId), text(clientData), attestation)
  if ("fault" in judged) return judged
  if (judged.id !== fields["id"]) return { fault: "wrong_credential" }
  const key = await spkiOf(judged.publicKey)
  if (key === undefined) return { fault: "bad_key" }
  return { credentialId, ...key, counter: judged.counter, transports: transportsIn(inner) }
}

/**
 * @param response whatever the caller sent where `PublicKeyCredential.toJSON()` of an assertion is due.
 * @param expected.counter the newest counter ever accepted of this passkey. The caller stores the new one in the same
 *   transaction that uses up the challenge.
 */
export function verifyAssertion(
  expected: Expected & {
    readonly credentialId: Uint8Array
    readonly publicKeySpki: Uint8Array
    readonly algorithm: number
    readonly counter: number
  },
  response: unknown,
): (Assertion & { readonly counter: number }) | Fault {
  const { credentialId, inner } = credentialIn(response)
  const clientDataJSON = bytesIn(inner, "clientDataJSON", WEBAUTHN_LIMITS.clientData)
  const authenticatorData = bytesIn(inner, "authenticatorData", WEBAUTHN_LIMITS.authenticatorData)
  const signature = bytesIn(inner, "signature", WEBAUTHN_LIMITS.signature)
  if (!credentialId || !clientDataJSON || !authenticatorData || !signature) return { fault: "malformed" }
  if (!equalBytes(credentialId, expected.credentialId)) return { fault: "wrong_credential" }
  const assertion = { clientDataJSON, authenticatorData, signature }
  const judged = judgeAssertion(expected, assertion)
  if ("fault" in judged) return judged
  const { counter } = judged
  // Authenticators that do not count say 0 always; one that has counted must go on (Web Authentication, 7.2, step 22).
  if ((counter > 0 || expected.counter > 0) && counter <= expected.counter) return { fault: "counter_replayed" }
  return { counter, ...assertion }
}

/** Which passkey the answer claims to be of, so that its row can be found; undefined for what is no answer. */
export function credentialIdOf(response: unknown): Uint8Array | undefined {
  return credentialIn(response).credentialId
}

interface Judged {
  readonly id: string
  /** COSE. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly counter: number
}

/** The package parses CBOR and judges the attestation; loaded here, so that only who registers a passkey pays for it. */
async function judgeAttestation(
  { rpId, origin, challenge }: Expected,
  id: string,
  clientDataJSON: string,
  attestation: Uint8Array<ArrayBuffer>,
): Promise<Judged | Fault> {
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server")
  const { decodeAttestationObject } = await import("@simplewebauthn/server/helpers")
  const response = { clientDataJSON, attestationObject: text(attestation) }
  try {
    const decoded = decodeAttestationObject(attestation) as unknown as ReadonlyMap<string, unknown>
    if (!isPlain(decoded)) return { fault: "attestation_refused" }
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { id, rawId: id, type: "public-key", clientExtensionResults: {}, response },
      expectedChallenge: text(challenge),
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHMS],
    })
    return registrationInfo?.credential ?? { fault: "bad_signature" }
  } catch (error) {
    return { fault: FAULTS.find(([words]) => String(error).includes(words))?.[1] ?? "malformed" }
  }
}

/** The package throws plain errors; these are its texts for what a browser or person can cause. */
const FAULTS: readonly (readonly [string, PasskeyFault])[] = [
  ["User presence was required", "user_not_present"],
  ["User verification was required", "user_not_verified"],
  ["Unexpected RP ID hash", "wrong_rp"],
  ["Unexpected public key alg", "bad_key"],
]

/**
 * Without attestation, or signed by the passkey itself, which some authenticators do unasked. Certificates are refused
 * before the package sees them: it would fetch the revocation lists that they name.
 */
function isPlain(attestation: ReadonlyMap<string, unknown>): boolean {
  const format: unknown = attestation.get("fmt")
  const statement: unknown = attestation.get("attStmt")
  if (!(statement instanceof Map)) return false
  if (format === "none") return statement.size === 0
  return format === "packed" && statement.size === 2 && statement.has("alg") && statement.has("sig")
}

/** COSE_Key (RFC 9052, section 7) to SubjectPublicKeyInfo, by way of a JSON Web Key: node:crypto checks the point. */
async function spkiOf(
  cose: Uint8Array<ArrayBuffer>,
): Promise<Pick<RegisteredPasskey, "algorithm" | "publicKeySpki"> | undefined> {
  const { decodeCredentialPublicKey } = await import("@simplewebauthn/server/helpers")
  try {
    const key = decodeCredentialPublicKey(cose) as unknown as ReadonlyMap<number, unknown>
    const algorithm = ALGORITHMS.find((each) => each === key.get(3))
    if (algorithm === undefined) return undefined
    const jwk = JWK[algorithm]((label) => text(key.get(label) as Uint8Array))
    const publicKeySpki = createPublicKey({ key: jwk, format: "jwk" }).export({ format: "der", type: "spki" })
    return passkeyKey(publicKeySpki, algorithm) && { algorithm, publicKeySpki }
  } catch {
    return undefined
  }
}

const JWK: Readonly<Record<Algorithm, (at: (label: number) => string) => JsonWebKey>> = {
  [-7]: (at) => ({ kty: "EC", crv: "P-256", x: at(-2), y: at(-3) }),
  [-8]: (at) => ({ kty: "OKP", crv: "Ed25519", x: at(-2) }),
  [-257]: (at) => ({ kty: "RSA", n: at(-1), e: at(-2) }),
}

type Fields = Readonly<Record<string, unknown>>

/** What every answer has, as far as it is there. */
function credentialIn(response: unknown): {
  readonly credentialId: Buffer | undefined
  readonly fields: Fields
  readonly inner: Fields
} {
  const fields = fieldsOf(response)
  const named = fields["type"] === "public-key" && fields["id"] === fields["rawId"]
  const credentialId = named ? bytesIn(fields, "id", WEBAUTHN_LIMITS.credentialId) : undefined
  return { credentialId, fields, inner: fieldsOf(fields["response"]) }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {}
}

function bytesIn(fields: Fields, key: string, limit: number): Buffer<ArrayBuffer> | undefined {
  const value = fields[key]
  if (typeof value !== "string" || value.length > Math.ceil((limit * 4) / 3)) return undefined
  const bytes = fromBase64url(value)
  return bytes !== undefined && bytes.byteLength <= limit ? bytes : undefined
}

/** Only hints for the next time: unknown ones are left out. */
function transportsIn(inner: Fields): readonly string[] {
  const list: unknown = inner["transports"]
  return Array.isArray(list) ? TRANSPORTS.filter((known) => list.includes(known)) : []
}

function descriptor({ credentialId, transports }: PasskeyHandle) {
  return { type: "public-key", id: text(credentialId), transports } as const
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url")
}
