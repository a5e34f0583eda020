import { createHmac, type KeyObject } from "node:crypto"
import { equalBytes, fromBase64url, lengthPrefixed, sha256 } from "../core/bytes.ts"
import type { Random } from "../core/random.ts"

/**
 * Something to be presented once, soon, by the one it was given to: step-up tokens, passkey challenges, enrolments.
 * Nothing of it is stored when it is given out; that it was used is (`useOnce`), so it works once on all replicas.
 *
 * Spelled as unpadded base64url of: expiry (8 bytes, milliseconds since 1970 UTC, big-endian), 32 random bytes, payload,
 * HMAC-SHA-256. The code covers purpose and holder too, which are not in it: whoever presents it must be both again.
 */
export interface Ticket {
  readonly nonce: Buffer
  readonly expiresAt: number
  readonly payload: string
}

/** What it is good for, and whose it is: for example the person's and the session's ids. */
export interface TicketUse {
  readonly purpose: string
  readonly holder: readonly string[]
}

/** Room for 50 ids of secrets, and for a request header. */
const LIMIT = 4096
const EXPIRY_BYTES = 8
const NONCE_BYTES = 32
const MAC_BYTES = 32

export function newTicket(
  key: KeyObject,
  use: TicketUse,
  ticket: { readonly expiresAt: number; readonly payload: string },
  random: Random,
): { readonly text: string; readonly nonce: Uint8Array } {
  const nonce = random.bytes(NONCE_BYTES)
  const expiry = Buffer.alloc(EXPIRY_BYTES)
  expiry.writeBigUInt64BE(BigInt(ticket.expiresAt))
  const body = Buffer.concat([expiry, nonce, Buffer.from(ticket.payload, "utf8")])
  return { text: Buffer.concat([body, macOf(key, use, body)]).toString("base64url"), nonce }
}

/** Undefined for anything that `newTicket` did not make for this use under this key, or that has expired. */
export function openTicket(key: KeyObject, use: TicketUse, text: string, now: number): Ticket | undefined {
  const bytes = text.length <= LIMIT ? fromBase64url(text) : undefined
  if (bytes === undefined || bytes.byteLength < EXPIRY_BYTES + NONCE_BYTES + MAC_BYTES) return undefined
  const end = bytes.byteLength - MAC_BYTES
  const body = bytes.subarray(0, end)
  if (!equalBytes(macOf(key, use, body), bytes.subarray(end))) return undefined
  const expiresAt = Number(body.readBigUInt64BE(0))
  if (expiresAt <= now) return undefined
  const nonce = body.subarray(EXPIRY_BYTES, EXPIRY_BYTES + NONCE_BYTES)
  return { nonce, expiresAt, payload: body.subarray(EXPIRY_BYTES + NONCE_BYTES).toString("utf8") }
}

/** Under which id its use, or its use for one of several things, is remembered. */
export function ticketUseId(ticket: Pick<Ticket, "nonce">, thing = ""): Buffer {
  return sha256(Buffer.from("tyler-ticket-use/1\n"), ticket.nonce, Buffer.from(thing, "utf8"))
}

function macOf(key: KeyObject, use: TicketUse, body: Uint8Array): Buffer {
  const fields = ["tyler-ticket/1", use.purpose, lengthPrefixed(use.holder), body]
  return createHmac("sha256", key).update(lengthPrefixed(fields)).digest()
}
