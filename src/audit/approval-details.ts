import { fromBase64url, sha256, toBase64url } from "../core/bytes.ts"
import { ALGORITHMS, type Algorithm, type Assertion, WEBAUTHN_LIMITS } from "../core/webauthn-assertion.ts"

/**
 * The details of entries about factors, requests and approvals: one spelling for who writes the log and who verifies it.
 * Rules APP-1 to APP-5 of spec/audit-log.md. Spelling throws RangeError for what the grammar does not hold; parsing
 * answers undefined for any text that spelling would not have written.
 */

export interface Passkey {
  readonly factor: string
  readonly kind: "passkey"
  readonly credential: Uint8Array
  readonly algorithm: Algorithm
  /** Public key, DER of SubjectPublicKeyInfo. */
  readonly key: Uint8Array
  readonly rpId: string
  readonly origin: string
}

export type AddedFactor = Passkey | { readonly factor: string; readonly kind: "totp" | "recovery" }

/** Further `key=value` facts, in the order given: ids, numbers and codes. */
export type Facts = Readonly<Record<string, string>>

export interface AccessRequest {
  /** Everything before the digest, as it stands in the entry. */
  readonly facts: string
  readonly digest: Uint8Array
}

export interface Signature extends Assertion {
  /** 32 random bytes, used once. */
  readonly nonce: Uint8Array
  readonly credential: Uint8Array
}

export interface Approval {
  readonly digest: Uint8Array
  /** Undefined for an approver without a passkey. */
  readonly signed?: Signature
  readonly facts: Facts
}

/** Most characters of each; bytes are bounded by WEBAUTHN_LIMITS. */
export const DETAIL_LIMITS = { id: 128, facts: 16_384 } as const

const HASH_BYTES = 32
const ID = /^[A-Za-z0-9._:-]{1,128}$/
const KEY = /^[a-z][A-Za-z]{0,39}$/
const VALUE = /^[!-~]+$/
const HOST = /^[a-z0-9.-]{1,253}$/
const ORIGIN = /^https?:\/\/[a-z0-9.:[\]-]{1,290}$/
const RESERVED: readonly string[] = ["digest", "nonce", "credential", "client", "authenticator", "signature"]

/** What a request is known by everywhere. `facts` is the text that `spellFacts` makes. */
export function requestDigest(requestId: string, userId: string, facts: string): Buffer {
  return sha256(Buffer.from(`tyler-access-request/1\n${requestId}\n${userId}\n${facts}`))
}

/** The 32 bytes that an approver's passkey signs. */
export function approvalChallenge(nonce: Uint8Array, digest: Uint8Array): Buffer {
  return sha256(nonce, digest)
}

/** May an id stand in these entries? Letters, digits and `._:-`, at most 128. */
export function isDetailId(text: string): boolean {
  return ID.test(text)
}

export function spellFacts(facts: Facts): string {
  const text = Object.entries(facts)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ")
  if (text !== "" && parseFacts(text) === undefined) throw new RangeError("these facts cannot stand in an entry")
  return text
}

/** Undefined unless each is `key=value`, no key comes twice and none is one of the approval's own. */
export function parseFacts(text: string): Facts | undefined {
  if (text.length > DETAIL_LIMITS.facts) return undefined
  const facts: Record<string, string> = {}
  for (const each of text.split(" ")) {
    const [key, value] = pair(each)
    if (!KEY.test(key) || !VALUE.test(value) || RESERVED.includes(key) || Object.hasOwn(facts, key)) return undefined
    facts[key] = value
  }
  return facts
}

export function factorAddedDetails(added: AddedFactor): string {
  const { factor, kind } = added
  const head = `factor=${factor} kind=${kind}`
  if (added.kind !== "passkey") return checked(head, parseFactorAdded)
  const { credential, algorithm, key, rpId, origin } = added
  const text = `${head} credential=${toBase64url(credential)} algorithm=${algorithm} key=${toBase64url(key)} rpId=${rpId} origin=${origin}`
  return checked(text, parseFactorAdded)
}

export function parseFactorAdded(text: string): AddedFactor | undefined {
  const values = exactly(text, ["factor", "kind", "credential", "algorithm", "key", "rpId", "origin"])
  if (values === undefined) return parseOtherFactor(text)
  const [factor = "", kind, credentialText = "", algorithmText, keyText = "", rpId = "", origin = ""] = values
  const credential = bytes(credentialText, WEBAUTHN_LIMITS.credentialId)
  const key = bytes(keyText, WEBAUTHN_LIMITS.publicKey)
  const algorithm = ALGORITHMS.find((each) => String(each) === algorithmText)
  if (kind !== "passkey" || !ID.test(factor) || !HOST.test(rpId) || !ORIGIN.test(origin)) return undefined
  if (credential === undefined || key === undefined || algorithm === undefined) return undefined
  return { factor, kind, credential, algorithm, key, rpId, origin }
}

function parseOtherFactor(text: string): AddedFactor | undefined {
  const [factor = "", kind] = exactly(text, ["factor", "kind"]) ?? []
  return ID.test(factor) && (kind === "totp" || kind === "recovery") ? { factor, kind } : undefined
}

/** One entry may remove several: an account that is reset loses all of them. */
export function factorRemovedDetails(factors: readonly string[]): string {
  return checked(`factor=${factors.join("+")}`, parseFactorRemoved)
}

export function parseFactorRemoved(text: string): readonly string[] | undefined {
  const [list] = exactly(text, ["factor"]) ?? []
  const factors = list?.split("+")
  return factors?.every((factor) => ID.test(factor)) ? factors : undefined
}

/** @returns the details and the digest in them. */
export function accessRequestDetails(
  requestId: string,
  userId: string,
  facts: Facts,
): { readonly details: string; readonly digest: Buffer } {
  if (!ID.test(requestId) || !ID.test(userId)) throw new RangeError("these ids cannot stand in an entry")
  const text = spellFacts(facts)
  const digest = requestDigest(requestId, userId, text)
  return { details: checked(`${text} digest=${toBase64url(digest)}`, parseAccessRequest), digest }
}

/** Reads the spelling only; whether the digest is that of the facts is for the caller to compare. */
export function parseAccessRequest(text: string): AccessRequest | undefined {
  const cut = text.lastIndexOf(" ")
  const facts = text.slice(0, Math.max(cut, 0))
  const [digestText = ""] = exactly(text.slice(cut + 1), ["digest"]) ?? []
  const digest = hash(digestText)
  return digest === undefined || parseFacts(facts) === undefined ? undefined : { facts, digest }
}

export function accessApproveDetails({ digest, signed, facts }: Approval): string {
  const own = [
    ["digest", digest],
    ...(signed === undefined
      ? []
      : ([
          ["nonce", signed.nonce],
          ["credential", signed.credential],
          ["client", signed.clientDataJSON],
          ["authenticator", signed.authenticatorData],
          ["signature", signed.signature],
        ] as const)),
  ] as const
  const parts = own.map(([key, value]) => `${key}=${toBase64url(value)}`)
  const further = spellFacts(facts)
  return checked([...parts, ...(further === "" ? [] : [further])].join(" "), parseAccessApprove)
}

export function parseAccessApprove(text: string): Approval | undefined {
  const words = text.split(" ")
  const signs = words[1]?.startsWith("nonce=") === true
  const own = signs ? RESERVED : RESERVED.slice(0, 1)
  const values = exactly(words.slice(0, own.length).join(" "), own)
  const facts = words.length === own.length ? {} : parseFacts(words.slice(own.length).join(" "))
  const digest = hash(values?.[0] ?? "")
  if (values === undefined || facts === undefined || digest === undefined) return undefined
  if (!signs) return { digest, facts }
  const signed = parseSignature(values.slice(1))
  return signed && { digest, signed, facts }
}

function parseSignature([nonceText = "", ...texts]: readonly string[]): Signature | undefined {
  const nonce = hash(nonceText)
  const [credential, clientDataJSON, authenticatorData, signature] = [
    bytes(texts[0] ?? "", WEBAUTHN_LIMITS.credentialId),
    bytes(texts[1] ?? "", WEBAUTHN_LIMITS.clientData),
    bytes(texts[2] ?? "", WEBAUTHN_LIMITS.authenticatorData),
    bytes(texts[3] ?? "", WEBAUTHN_LIMITS.signature),
  ]
  if (!nonce || !credential || !clientDataJSON || !authenticatorData || !signature) return undefined
  return { nonce, credential, clientDataJSON, authenticatorData, signature }
}

/** The values, if the text is `key=value` for exactly these keys in this order with single spaces. */
function exactly(text: string, keys: readonly string[]): readonly string[] | undefined {
  const pairs = text.split(" ").map(pair)
  const fits = pairs.length === keys.length && pairs.every(([key], at) => key === keys[at])
  return fits ? pairs.map(([, value]) => value) : undefined
}

function pair(text: string): readonly [string, string] {
  const cut = text.indexOf("=")
  return cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 1)]
}

function checked(text: string, parse: (text: string) => unknown): string {
  if (parse(text) === undefined) throw new RangeError("these details cannot stand in an entry")
  return text
}

function bytes(text: string, limit: number): Buffer | undefined {
  const value = text.length <= Math.ceil((limit * 4) / 3) ? fromBase64url(text) : undefined
  return value !== undefined && value.byteLength <= limit ? value : undefined
}

function hash(text: string): Buffer | undefined {
  const value = bytes(text, HASH_BYTES)
  return value?.byteLength === HASH_BYTES ? value : undefined
}
