import type { JsonWebKey, KeyObject } from "node:crypto"
import type { Random } from "../core/random.ts"

/** RFC 4251, 5: a length and the bytes. */
function field(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.byteLength)
  return Buffer.concat([length, content])
}

/** RFC 4251, 5: a positive number never starts with a bit that would make it negative. */
function mpint(base64url: string | undefined): Buffer {
  const bytes = bytesOf(base64url)
  const first = bytes.findIndex((byte) => byte !== 0)
  const short = first < 0 ? Buffer.alloc(0) : bytes.subarray(first)
  return field((short[0] ?? 0) >= 128 ? Buffer.concat([Buffer.of(0), short]) : short)
}

function bytesOf(base64url: string | undefined): Buffer {
  return Buffer.from(base64url ?? "", "base64url")
}

interface Parts {
  readonly type: string
  /** RFC 4253, 6.6 and RFC 8709, 4. */
  readonly publicBlob: Buffer
  /** PROTOCOL.key of OpenSSH, "list of N private keys". */
  readonly privatePart: Buffer
}

function partsOf(key: JsonWebKey): Parts {
  if (key.kty === "OKP") {
    const type = "ssh-ed25519"
    const open = bytesOf(key.x)
    const publicBlob = Buffer.concat([field(type), field(open)])
    return { type, publicBlob, privatePart: Buffer.concat([publicBlob, field(Buffer.concat([bytesOf(key.d), open]))]) }
  }
  const type = "ssh-rsa"
  const publicBlob = Buffer.concat([field(type), mpint(key.e), mpint(key.n)])
  const numbers = [key.n, key.e, key.d, key.qi, key.p, key.q].map(mpint)
  return { type, publicBlob, privatePart: Buffer.concat([field(type), ...numbers]) }
}

/** A key pair as OpenSSH's own files have it, without a passphrase (PROTOCOL.key in OpenSSH's sources). */
export function opensshPair(
  privateKey: KeyObject,
  comment: string,
  random: Random,
): { privateKey: string; publicKey: string } {
  const { type, publicBlob, privatePart } = partsOf(privateKey.export({ format: "jwk" }))
  const check = random.bytes(4)
  const inner = Buffer.concat([check, check, privatePart, field(comment)])
  const padding = Buffer.from(Array.from({ length: (8 - (inner.byteLength % 8)) % 8 }, (_, at) => at + 1))
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    Buffer.of(0, 0, 0, 1),
    field(publicBlob),
    field(Buffer.concat([inner, padding])),
  ])
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? []
  return {
    privateKey: ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n"),
    publicKey: `${type} ${publicBlob.toString("base64")}${comment === "" ? "" : ` ${comment}`}\n`,
  }
}
