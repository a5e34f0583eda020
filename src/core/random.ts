import { randomBytes, randomUUID } from "node:crypto"

/** Where randomness comes from; an argument, so that vectors and tests can fix it. */
export interface Random {
  bytes(count: number): Uint8Array
  /** A random UUID (RFC 9562 version 4). */
  uuid(): string
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count), uuid: () => randomUUID() }

/** `count` random bytes as unpadded base64url, for tokens a person may paste. */
export function randomText(random: Random, count: number): string {
  return Buffer.from(random.bytes(count)).toString("base64url")
}
