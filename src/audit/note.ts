import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto"
import { equalBytes } from "../core/bytes.ts"

/** C2SP signed-note (https://c2sp.org/signed-note) with Ed25519 keys. */

const ED25519 = 0x01
const KEY_HASH_BYTES = 4
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex")
const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex")
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/u
const MAX_SIGNATURES = 16

export type NoteFault = "malformed" | "bad_signature" | "wrong_origin" | "bad_key"

/** A note that proves nothing. A family of its own: it is no refusal of a request. */
export class NoteError extends Error {
  readonly fault: NoteFault

  constructor(fault: NoteFault, message: string) {
    super(message)
    this.name = "NoteError"
    this.fault = fault
  }
}

/** A signing key, ready to use. */
export interface LogKey {
  readonly origin: string
  readonly keyHash: Buffer
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Buffer
  readonly privateKey: KeyObject
}

export interface VerifierKey {
  readonly name: string
  readonly keyHash: Buffer
  readonly publicKey: KeyObject
}

/** @param seed 32 bytes, the private key of RFC 8032. Throws NoteError `bad_key` on a name that notes cannot carry. */
export function logKeyFromSeed(origin: string, seed: Uint8Array): LogKey {
  if (!isKeyName(origin)) throw new NoteError("bad_key", "a log's name has no spaces, control characters or plus signs")
  if (seed.byteLength !== 32) throw new NoteError("bad_key", "an Ed25519 seed has 32 bytes")
  const der = Buffer.concat([PKCS8_ED25519, seed])
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" })
  der.fill(0)
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" })
  const publicKey = Buffer.from(spki.subarray(SPKI_ED25519.byteLength))
  return { origin, keyHash: keyHashOf(origin, publicKey), publicKey, privateKey }
}

/** `name+hash+base64`, the form in which verifier keys are published. */
export function verifierKeyText(key: LogKey): string {
  const typed = Buffer.concat([Buffer.of(ED25519), key.publicKey])
  return `${key.origin}+${key.keyHash.toString("hex")}+${typed.toString("base64")}`
}

/** Reads the published form; surrounding white space is ignored. Throws NoteError `bad_key`. */
export function parseVerifierKey(text: string): VerifierKey {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text.trim())
  const [, name = "", keyHash = "", encoded = ""] = match ?? []
  const typed = Buffer.from(encoded, "base64")
  if (!match || !isKeyName(name)) throw new NoteError("bad_key", "not a verifier key (name+hash+key)")
  if (typed.byteLength !== 33 || typed[0] !== ED25519 || typed.toString("base64") !== encoded)
    throw new NoteError("bad_key", "the verifier key is not an Ed25519 key")
  const raw = typed.subarray(1)
  const expected = keyHashOf(name, raw)
  if (expected.toString("hex") !== keyHash) throw new NoteError("bad_key", "the verifier key's hash does not match it")
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: "der", type: "spki" })
  return { name, keyHash: expected, publicKey }
}

/** @param text ends with a newline and holds no control characters besides newlines. */
export function signNote(key: LogKey, text: string): string {
  const signature = sign(null, Buffer.from(text, "utf8"), key.privateKey)
  const encoded = Buffer.concat([key.keyHash, signature]).toString("base64")
  return `${text}\n\u2014 ${key.origin} ${encoded}\n`
}

/**
 * The text of a note that `key` has signed. Signatures of other keys (witnesses) are left alone, as the
 * specification asks. Throws NoteError.
 */
export function openNote(note: string, key: VerifierKey): string {
  const split = note.lastIndexOf("\n\n")
  if (split < 0 || !note.endsWith("\n") || hasControl(note)) throw new NoteError("malformed", "not a signed note")
  const text = note.slice(0, split + 1)
  const lines = note.slice(split + 2, -1).split("\n")
  if (lines.length > MAX_SIGNATURES) throw new NoteError("malformed", "the note carries too many signatures")
  const ours = lines
    .map(parseSignature)
    .filter((line) => line.name === key.name && equalBytes(line.keyHash, key.keyHash))
  if (ours.length === 0) throw new NoteError("bad_signature", `the note is not signed by the key of ${key.name}`)
  const body = Buffer.from(text, "utf8")
  if (!ours.every((line) => verify(null, body, key.publicKey, line.signature)))
    throw new NoteError("bad_signature", `the signature of ${key.name} does not match the note`)
  return text
}

function parseSignature(line: string): { name: string; keyHash: Buffer; signature: Buffer } {
  const [, name = "", encoded = ""] = SIGNATURE_LINE.exec(line) ?? []
  const bytes = Buffer.from(encoded, "base64")
  if (bytes.byteLength <= KEY_HASH_BYTES || bytes.toString("base64") !== encoded)
    throw new NoteError("malformed", "the note has a malformed signature line")
  return { name, keyHash: bytes.subarray(0, KEY_HASH_BYTES), signature: bytes.subarray(KEY_HASH_BYTES) }
}

function keyHashOf(name: string, publicKey: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(`${name}\n`, "utf8"), Buffer.of(ED25519), publicKey])
  return hash("sha256", typed, "buffer").subarray(0, KEY_HASH_BYTES)
}

function isKeyName(name: string): boolean {
  return name.length > 0 && name.isWellFormed() && !/[\s+\p{Cc}]/u.test(name)
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 32 && code !== 10) return true
  }
  return !text.isWellFormed()
}
