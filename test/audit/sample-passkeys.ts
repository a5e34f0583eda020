import { createECDH, createHash, createPrivateKey, hash, type JsonWebKey, type KeyObject } from "node:crypto"
import { SoftwarePasskey } from "../kit/passkey.ts"

/** Passkeys with fixed keys whose signatures are the same each time, so that vectors are the same bytes everywhere. */

export const ORIGIN = "https://tyler.example"
export const RP_ID = "tyler.example"

const credentialId = (name: string): Buffer => hash("sha256", `credential ${name}`, "buffer")
const seed = (name: string): Buffer => hash("sha256", `key ${name}`, "buffer")

export function samplePasskey(name: string, algorithm: -7 | -8 | -257): SoftwarePasskey {
  const key = KEYS[algorithm](name)
  const fixed = algorithm === -7 ? { signer: signEs256 } : {}
  return new SoftwarePasskey({ origin: ORIGIN, algorithm, key, credentialId: credentialId(name), ...fixed })
}

const KEYS: Readonly<Record<-7 | -8 | -257, (name: string) => KeyObject>> = {
  [-7]: (name) => {
    const point = multiplied(seed(name))
    const [x, y] = [point.subarray(1, 33), point.subarray(33)]
    return fromJwk({ kty: "EC", crv: "P-256", d: b64(seed(name)), x: b64(x), y: b64(y) })
  },
  [-8]: (name) => {
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed(name)])
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" })
  },
  [-257]: rsaKey,
}

/** Two primes of 1,024 bits, for vectors only. */
const P =
  "5Zc-JNbqzW94uC7i-ZyxAG12nUlc0IG_-oLfLax-3roEnn_SWmAJhPmYOMMrzEr1w7etvtyn-fEvdJs5l3Xmd9YzgKMELecyo4NmgynLL28v0vLEST5X" +
  "Z_hgI1_dae8KQfOdHKYwj_aO1gyY0l5_onyvLH-O-Um8eJTSnw4Wzas"
const Q =
  "3PkDaa9y32fR5CHoMTX4kQHQi4wB-A9VoGKWKHqqJgH6gXhamdz3Np8Qz1jcMALjPa9HO6NMeMYvOLMyrC7ShB_QPm9z8CLOrvXu0GfJ9D0efCiVRQQU" +
  "CcSJ0dMhO2wygqtyxUwxGX8yNy5mbU5H9-rso4JAHL0eo-4DnOR0iHc"

function rsaKey(): KeyObject {
  const [p, q, e] = [number(Buffer.from(P, "base64url")), number(Buffer.from(Q, "base64url")), 65_537n]
  const d = inverse(e, (p - 1n) * (q - 1n))
  const text = (value: bigint): string => b64(Buffer.from(value.toString(16).padStart(256, "0"), "hex"))
  const crt = { dp: text(d % (p - 1n)), dq: text(d % (q - 1n)), qi: text(inverse(q, p)) }
  return fromJwk({ kty: "RSA", n: text(p * q), e: "AQAB", d: text(d), p: text(p), q: text(q), ...crt })
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** ECDSA on P-256 whose secret number is a hash of key and message; node:crypto would draw one. */
function signEs256(message: Uint8Array, key: KeyObject): Buffer {
  const digest = createHash("sha256").update(message).digest()
  const d = Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url")
  const k = createHash("sha256").update(d).update(digest).digest()
  const r = number(multiplied(k).subarray(1, 33)) % ORDER
  const s = (inverse(number(k), ORDER) * (number(digest) + r * number(d))) % ORDER
  const body = Buffer.concat([integer(r), integer(s)])
  return Buffer.concat([Buffer.of(0x30, body.byteLength), body])
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex")
  const positive = (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes])
  return Buffer.concat([Buffer.of(2, positive.byteLength), positive])
}

/** The point at `scalar` times the generator, uncompressed. */
function multiplied(scalar: Buffer): Buffer {
  const curve = createECDH("prime256v1")
  curve.setPrivateKey(scalar)
  return curve.getPublicKey()
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x]
  return ((x % modulus) + modulus) % modulus
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`)
}

function fromJwk(key: JsonWebKey): KeyObject {
  return createPrivateKey({ key, format: "jwk" })
}

function b64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url")
}
