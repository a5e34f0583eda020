import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto"
import {
  Decrypter,
  Encrypter,
  generateX25519Identity,
  type Identity,
  identityToRecipient,
  type Recipient,
  Stanza,
} from "age-encryption"

/**
 * Sealing as the age format has it (https://c2sp.org/age, version 1), so that age's own program opens what we seal: to
 * X25519 recipients, or to a passphrase. Chunks of 64 KiB are authenticated, and so is which one is the last.
 */
export type Seal = { readonly recipients: readonly string[] } | { readonly passphrase: string }
export type Unseal = { readonly identities: readonly string[] } | { readonly passphrase: string }

/** Shorter ones can be guessed by whoever has the file: the scrypt below costs an attacker 0.2 s a guess. */
export const PASSPHRASE_MIN = 20
/** 64 MiB and 0.2 s for each part, on a thread of its own. age's own default, 18, takes four times that of a server. */
const WORK_FACTOR = 16
/** What age itself writes; more is a file made to exhaust us. */
const WORK_FACTOR_MAX = 18

/** It does not open with this key or passphrase, or was changed. */
export class UnsealError extends Error {}

/** A whole X25519 recipient, its checksum included. Post-quantum and plugin recipients are not taken. */
export function isRecipient(text: string): boolean {
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(text)) return false
  try {
    new Encrypter().addRecipient(text)
    return true
  } catch {
    return false
  }
}

/** The identities of a file as `age-keygen` writes it: comments, and one on each other line. Undefined for another file. */
export function identitiesIn(text: string): readonly string[] | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"))
  const sound = lines.every((line) => {
    try {
      new Decrypter().addIdentity(line)
      return /^AGE-SECRET-KEY-1[A-Z0-9]+$/.test(line)
    } catch {
      return false
    }
  })
  return lines.length > 0 && sound ? lines : undefined
}

/** A key pair: what opens, and what is sealed to. */
export async function newIdentity(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity()
  return { identity, recipient: await identityToRecipient(identity) }
}

export async function* sealed(seal: Seal, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter()
  if ("recipients" in seal) for (const recipient of seal.recipients) encrypter.addRecipient(recipient)
  else encrypter.addRecipient(new Passphrase(seal.passphrase))
  yield* await encrypter.encrypt(ReadableStream.from<Uint8Array>(source))
}

/** @throws UnsealError, also while iterating; what was given out before is authentic. */
export async function* unsealed(unseal: Unseal, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter()
  if ("identities" in unseal) for (const identity of unseal.identities) decrypter.addIdentity(identity)
  else decrypter.addIdentity(new Passphrase(unseal.passphrase))
  const reading: { fault?: unknown } = {}
  const guarded = keptFault(source, reading)
  try {
    yield* await decrypter.decrypt(ReadableStream.from<Uint8Array>(guarded))
  } catch (error) {
    if (reading.fault !== undefined) throw reading.fault
    throw new UnsealError(error instanceof Error ? error.message : "it cannot be opened")
  }
}

/** A disk that fails is not a wrong key. */
async function* keptFault(source: AsyncIterable<Uint8Array>, kept: { fault?: unknown }): AsyncGenerator<Uint8Array> {
  try {
    yield* source
  } catch (error) {
    kept.fault = error
    throw error
  }
}

const LABEL = "age-encryption.org/v1/scrypt"
const CIPHER = "chacha20-poly1305"
const NONCE = Buffer.alloc(12)
const TAG_BYTES = 16

/**
 * age's scrypt recipient. The package's own computes on the thread that called it, for as long as nobody else would be
 * answered; this one does it on another.
 */
class Passphrase implements Recipient, Identity {
  readonly #passphrase: string

  constructor(passphrase: string) {
    this.#passphrase = passphrase
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(16)
    const key = await stretched(this.#passphrase, salt, WORK_FACTOR)
    const cipher = createCipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES })
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
    return [new Stanza(["scrypt", salt.toString("base64").replaceAll("=", ""), String(WORK_FACTOR)], body)]
  }

  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const [stanza, ...more] = stanzas
    if (stanza?.args[0] !== "scrypt" || more.length > 0) return null
    const [, salt = "", factor = ""] = stanza.args
    if (!/^[1-9][0-9]?$/.test(factor) || Number(factor) > WORK_FACTOR_MAX || stanza.body.byteLength !== 16 + TAG_BYTES)
      return null
    const key = await stretched(this.#passphrase, Buffer.from(salt, "base64"), Number(factor))
    const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES })
    decipher.setAuthTag(stanza.body.subarray(16))
    try {
      return Buffer.concat([decipher.update(stanza.body.subarray(0, 16)), decipher.final()])
    } catch {
      return null
    }
  }
}

function stretched(passphrase: string, salt: Uint8Array, factor: number): Promise<Buffer> {
  const options = { N: 2 ** factor, r: 8, p: 1, maxmem: 2 ** (factor + 11) }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.concat([Buffer.from(LABEL), salt]), 32, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}
