import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto"

/**
 * A passkey in software: answers as a browser with a good authenticator does, in the JSON of
 * `PublicKeyCredential.toJSON()`, or misbehaves on demand.
 */

type Algorithm = -7 | -8 | -257

/** How an answer differs from an honest one. */
export interface Misbehaviour {
  readonly userVerified?: boolean
  readonly userPresent?: boolean
  readonly origin?: string
  readonly rpId?: string
  /** base64url */
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly topOrigin?: string
  readonly counter?: number
  /** Added to the flags of the authenticator data. */
  readonly flags?: number
  /** Appended to the authenticator data. */
  readonly trailing?: Uint8Array
  /** The whole of clientDataJSON. */
  readonly clientDataJSON?: string | Uint8Array
  /** An attestation signed by the passkey itself, which some authenticators send unasked. */
  readonly selfAttested?: boolean
  readonly attestation?: { readonly fmt: string; readonly attStmt: ReadonlyMap<string, Cbor> }
  /** Another key in the attested data. */
  readonly cose?: ReadonlyMap<number, Cbor>
}

interface Ceremony {
  readonly challenge: string
  readonly rpId: string
  readonly origin: string
}

const FLAG = { present: 0x01, verified: 0x04, attested: 0x40 } as const

export class SoftwarePasskey {
  readonly credentialId: Uint8Array
  readonly algorithm: Algorithm
  readonly publicKeySpki: Buffer
  /** The next answer says one more; stays 0 for an authenticator that does not count. */
  counter: number
  readonly #key: KeyObject
  readonly #counts: boolean
  readonly #origin: string
  readonly #signer: (bytes: Uint8Array, key: KeyObject) => Buffer

  /**
   * @param of.origin where its browser is.
   * @param of.signer for signatures that are the same each time.
   */
  constructor(of: {
    readonly origin: string
    readonly algorithm?: Algorithm
    readonly key?: KeyObject
    readonly credentialId?: Uint8Array
    readonly counts?: boolean
    readonly signer?: (bytes: Uint8Array, key: KeyObject) => Buffer
  }) {
    this.#origin = of.origin
    this.algorithm = of.algorithm ?? -7
    this.#key = of.key ?? newKey(this.algorithm)
    this.credentialId = of.credentialId ?? randomBytes(32)
    this.#counts = of.counts ?? true
    this.counter = 0
    this.#signer = of.signer ?? ((bytes, key) => sign(this.algorithm === -8 ? null : "sha256", bytes, key))
    this.publicKeySpki = createPublicKey(this.#key).export({ format: "der", type: "spki" })
  }

  /** Answers `navigator.credentials.create`. */
  register(options: { readonly challenge: string; readonly rp: { readonly id: string } }, odd: Misbehaviour = {}) {
    const ceremony = this.#ceremony(options.challenge, options.rp.id, odd)
    const clientData = clientDataOf("webauthn.create", ceremony, odd)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(this.credentialId.byteLength)
    const cose = cbor(odd.cose ?? coseOf(this.#key, this.algorithm))
    const attested = Buffer.concat([Buffer.alloc(16), length, this.credentialId, cose])
    const authData = this.#authenticatorData(ceremony.rpId, FLAG.attested, attested, odd)
    const sig = odd.selfAttested === true && this.signBytes(Buffer.concat([authData, sha(clientData)]))
    const own = sig && { fmt: "packed", attStmt: new Map<string, Cbor>([["alg", this.algorithm]]).set("sig", sig) }
    const { fmt, attStmt } = odd.attestation ?? (own || { fmt: "none", attStmt: new Map() })
    const attestation = cbor(
      new Map<string, Cbor>([
        ["fmt", fmt],
        ["attStmt", attStmt],
        ["authData", authData],
      ]),
    )
    return {
      ...this.#named(),
      response: {
        clientDataJSON: b64(clientData),
        attestationObject: b64(attestation),
        transports: ["internal", "hybrid"],
      },
    }
  }

  /** Answers `navigator.credentials.get`. */
  sign(options: { readonly challenge: string; readonly rpId: string }, odd: Misbehaviour = {}) {
    const ceremony = this.#ceremony(options.challenge, options.rpId, odd)
    const clientData = clientDataOf("webauthn.get", ceremony, odd)
    const data = this.#authenticatorData(ceremony.rpId, 0, Buffer.alloc(0), odd)
    const signature = this.signBytes(Buffer.concat([data, sha(clientData)]))
    return {
      ...this.#named(),
      response: {
        clientDataJSON: b64(clientData),
        authenticatorData: b64(data),
        signature: b64(signature),
        userHandle: null,
      },
    }
  }

  signBytes(bytes: Uint8Array): Buffer {
    return this.#signer(bytes, this.#key)
  }

  #named() {
    const id = b64(this.credentialId)
    return {
      id,
      rawId: id,
      type: "public-key" as const,
      authenticatorAttachment: "platform" as const,
      clientExtensionResults: {},
    }
  }

  #ceremony(challenge: string, rpId: string, odd: Misbehaviour): Ceremony {
    if (this.#counts) this.counter++
    return {
      challenge: odd.challenge ?? challenge,
      rpId: odd.rpId ?? rpId,
      origin: odd.origin ?? this.#origin,
    }
  }

  #authenticatorData(rpId: string, flags: number, attested: Uint8Array, odd: Misbehaviour): Buffer {
    const present = odd.userPresent === false ? 0 : FLAG.present
    const verified = odd.userVerified === false ? 0 : FLAG.verified
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(odd.counter ?? this.counter)
    const all = Buffer.of(flags | present | verified | (odd.flags ?? 0))
    return Buffer.concat([sha(Buffer.from(rpId)), all, counter, attested, odd.trailing ?? Buffer.alloc(0)])
  }
}

function clientDataOf(type: string, { challenge, origin }: Ceremony, odd: Misbehaviour): Buffer {
  const { crossOrigin = false, topOrigin } = odd
  const data = { type: odd.type ?? type, challenge, origin, crossOrigin, ...(topOrigin ? { topOrigin } : {}) }
  const bytes: string | Uint8Array = odd.clientDataJSON ?? JSON.stringify(data)
  return typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes)
}

function newKey(algorithm: Algorithm): KeyObject {
  if (algorithm === -8) return generateKeyPairSync("ed25519").privateKey
  if (algorithm === -257) return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
}

/** COSE_Key, RFC 9052, section 7, and RFC 9053, section 7. */
function coseOf(key: KeyObject, algorithm: Algorithm): ReadonlyMap<number, Cbor> {
  const jwk: JsonWebKey = createPublicKey(key).export({ format: "jwk" })
  const at = (name: "x" | "y" | "n" | "e"): Buffer => Buffer.from(jwk[name] ?? "", "base64url")
  if (algorithm === -8)
    return new Map<number, Cbor>([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, at("x")],
    ])
  if (algorithm === -257)
    return new Map<number, Cbor>([
      [1, 3],
      [3, -257],
      [-1, at("n")],
      [-2, at("e")],
    ])
  return new Map<number, Cbor>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, at("x")],
    [-3, at("y")],
  ])
}

export type Cbor = number | string | Uint8Array | readonly Cbor[] | ReadonlyMap<string | number, Cbor>

/** RFC 8949, as much of it as authenticators write: shortest heads, definite lengths. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.byteLength), value])
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...value].flat().map((each) => cbor(each as Cbor))])
  const list = value as readonly Cbor[]
  return Buffer.concat([head(4, list.length), ...list.map(cbor)])
}

function head(major: number, value: number): Buffer {
  const type = major << 5
  if (value < 24) return Buffer.of(type | value)
  if (value < 256) return Buffer.of(type | 24, value)
  return Buffer.of(type | 25, value >> 8, value & 255)
}

function sha(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest()
}

function b64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url")
}
