import { equalBytes, fromBase64url, toBase64url } from "../core/bytes.ts"
import {
  ALGORITHMS,
  type Algorithm,
  type Assertion,
  type AssertionFault,
  clientDataFault,
  type Expected,
  judgeAssertion,
  WEBAUTHN_LIMITS,
} from "../core/webauthn-assertion.ts"
import { type AttestationFault, judgeAttestation } from "./attestation.ts"

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
  | AttestationFault
  /** The answer is of another passkey. */
  | "wrong_credential"
  /** The counter has not grown: somebody may have a copy of the authenticator. */
  | "counter_replayed"

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
    user: { id: toBase64url(of.userId), name: of.userName, displayName: of.userName },
    challenge: toBase64url(of.challenge),
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
    challenge: toBase64url(of.challenge),
    allowCredentials: of.allow.map(descriptor),
    timeout: of.timeoutMs,
    userVerification: "required",
  } as const
}

/** @param response whatever the caller sent where `PublicKeyCredential.toJSON()` of a registration is due. */
export async function verifyRegistration(expected: Expected, response: unknown): Promise<RegisteredPasskey | Fault> {
  const { credentialId, inner } = credentialIn(response)
  const clientData = bytesIn(inner, "clientDataJSON", WEBAUTHN_LIMITS.clientData)
  const attestation = bytesIn(inner, "attestationObject", ATTESTATION_LIMIT)
  if (!credentialId || !clientData || !attestation) return { fault: "malformed" }
  const fault = clientDataFault("webauthn.create", expected, clientData)
  if (fault !== undefined) return { fault }
  const judged = await judgeAttestation(expected, credentialId, clientData, attestation)
  if ("fault" in judged) return judged
  const { attestedId, ...attested } = judged
  if (attestedId !== toBase64url(credentialId)) return { fault: "wrong_credential" }
  return { credentialId, ...attested, transports: transportsIn(inner) }
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

type Fields = Readonly<Record<string, unknown>>

/** What every answer has, as far as it is there. */
function credentialIn(response: unknown): {
  readonly credentialId: Buffer | undefined
  readonly inner: Fields
} {
  const fields = fieldsOf(response)
  const named = fields["type"] === "public-key" && fields["id"] === fields["rawId"]
  const credentialId = named ? bytesIn(fields, "id", WEBAUTHN_LIMITS.credentialId) : undefined
  return { credentialId, inner: fieldsOf(fields["response"]) }
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
  return { type: "public-key", id: toBase64url(credentialId), transports } as const
}
