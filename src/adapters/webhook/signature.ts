import { createHmac } from "node:crypto"

/**
 * `t=<unix seconds>,v1=<hex>`: HMAC-SHA256 under the shared secret over the seconds, a full stop and the body as sent. A
 * receiver that also compares the seconds with its clock refuses what is replayed later.
 */
export function signatureOf(secret: Uint8Array, seconds: number, body: Uint8Array): string {
  const code = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest("hex")
  return `t=${seconds},v1=${code}`
}
