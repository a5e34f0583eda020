import { createPublicKey, type JsonWebKey } from "node:crypto"
import { toBase64url } from "../core/bytes.ts"
import {
  ALGORITHMS,
  type Algorithm,
  type AssertionFault,
  type Expected,
  passkeyKey,
} from "../core/webauthn-assertion.ts"

/**
 * The one place where a package judges: CBOR, COSE and attestation formats. It is loaded here, so that only who registers
 * a passkey pays for it.
 */

export type AttestationFault =
  | AssertionFault
  /** An attestation that nobody asked for. */
  | "attestation_refused"

export interface Attested {
  /** The credential id, base64url. */
  readonly attestedId: string
  readonly algorithm: Algorithm
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKeySpki: Uint8Array
  readonly counter: number
}

/** @param clientData has been judged already. Never rejects for anything within these bytes. */
export async function judgeAttestation(
  { rpId, origin, challenge }: Expected,
  credentialId: Uint8Array,
  clientData: Uint8Array,
  attestation: Uint8Array<ArrayBuffer>,
): Promise<Attested | { readonly fault: AttestationFault }> {
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server")
  const { decodeAttestationObject, decodeCredentialPublicKey } = await import("@simplewebauthn/server/helpers")
  const id = toBase64url(credentialId)
  const response = { clientDataJSON: toBase64url(clientData), attestationObject: toBase64url(attestation) }
  try {
    const decoded = decodeAttestationObject(attestation) as unknown as ReadonlyMap<string, unknown>
    if (!isPlain(decoded)) return { fault: "attestation_refused" }
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { id, rawId: id, type: "public-key", clientExtensionResults: {}, response },
      expectedChallenge: toBase64url(challenge),
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHMS],
    })
    if (registrationInfo === undefined) return { fault: "bad_signature" }
    const { id: attestedId, counter, publicKey } = registrationInfo.credential
    const key = spkiOf(decodeCredentialPublicKey(publicKey) as unknown as ReadonlyMap<number, unknown>)
    return key === undefined ? { fault: "bad_key" } : { attestedId, counter, ...key }
  } catch (error) {
    return { fault: FAULTS.find(([words]) => String(error).includes(words))?.[1] ?? "malformed" }
  }
}

/** The package throws plain errors; these are its texts for what a browser or person can cause. */
const FAULTS: readonly (readonly [string, AttestationFault])[] = [
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
function spkiOf(cose: ReadonlyMap<number, unknown>): Pick<Attested, "algorithm" | "publicKeySpki"> | undefined {
  const algorithm = ALGORITHMS.find((each) => each === cose.get(3))
  if (algorithm === undefined) return undefined
  try {
    const jwk = JWK[algorithm]((label) => toBase64url(cose.get(label) as Uint8Array))
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
