import { createHmac } from "node:crypto"
import { equalBytes } from "../core/bytes.ts"
import type { Random } from "../core/random.ts"

/** Time-based one-time passwords, RFC 6238 over RFC 4226: HMAC-SHA-1, 30 seconds, six digits, one step of drift each way. */

const SEED_BYTES = 20
const STEP_MS = 30_000
const DIGITS = 6
const DRIFT = [-1, 0, 1] as const
/** ASCII digits only: `\d` without the `u` flag is that, and `$` without the `m` flag is the end of the text. */
const CODE = /^\d{6}$/
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** 160 bits, as RFC 4226, section 4, recommends. */
export function newTotpSeed(random: Random): Uint8Array {
  return random.bytes(SEED_BYTES)
}

/** RFC 4648, section 6, without padding: what a person types into an app that cannot scan. */
export function totpSeedText(seed: Uint8Array): string {
  const bits = Array.from(seed, (byte) => byte.toString(2).padStart(8, "0")).join("")
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("")
}

/** What an authenticator app scans. The parameters are the defaults of every app; naming them changes nothing. */
export function otpauthUri(of: {
  readonly issuer: string
  readonly account: string
  readonly seed: Uint8Array
}): string {
  const issuer = encodeURIComponent(of.issuer)
  const label = `${issuer}:${encodeURIComponent(of.account)}`
  return `otpauth://totp/${label}?secret=${totpSeedText(of.seed)}&issuer=${issuer}&algorithm=SHA1&digits=6&period=30`
}

/** @param nowMs milliseconds since 1970 UTC. */
export function totpStep(nowMs: number): number {
  return Math.floor(nowMs / STEP_MS)
}

/** The code of one step. */
export function totpCode(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac("sha1", seed).update(counter).digest()
  const offset = mac.readUInt8(mac.byteLength - 1) & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** DIGITS).padStart(DIGITS, "0")
}

/**
 * The step that `code` stands for, or undefined. A step at or before `lastStep` is used up. The caller stores the step
 * in a compare-and-set: this function remembers nothing.
 *
 * @param code whatever a caller sent: only a string of exactly six ASCII digits can match.
 * @param lastStep the newest step ever accepted from this seed; -1 for none.
 */
export function matchTotp(seed: Uint8Array, code: unknown, nowMs: number, lastStep: number): number | undefined {
  if (typeof code !== "string" || !CODE.test(code)) return undefined
  const now = totpStep(nowMs)
  const given = Buffer.from(code)
  let matched: number | undefined
  // All steps are compared, so that time tells nothing. The latest wins: should two steps share a code, it is used up.
  for (const step of DRIFT.map((drift) => now + drift).filter((step) => step >= 0))
    if (equalBytes(Buffer.from(totpCode(seed, step)), given) && step > lastStep) matched = step
  return matched
}
