import { createHash, type KeyObject } from "node:crypto"
import { equalBytes } from "../core/bytes.ts"
import { readSigned, signText } from "./signed-text.ts"

/** From the callback to the exchange: the browser goes straight to the program that waits. */
export const CODE_MS = 2 * 60_000

/** What a program gets through the browser in place of a session. It opens none without what the program holds. */
export interface SignOnCode {
  /** Random; good for one session. */
  readonly id: string
  readonly principalId: string
  /** The person's epoch: whoever is disabled or changed meanwhile does not come in. */
  readonly epoch: number
  readonly assurance: "half" | "password" | "mfa"
  readonly challenge: string
  readonly madeAt: number
}

const LABEL = "tyler-sign-on-code/1"

export function codeText(key: KeyObject, code: SignOnCode): string {
  return signText(key, LABEL, code)
}

/** Undefined unless the code is ours, at most two minutes old, and `verifier` is what its challenge was made of. */
export function readCode(key: KeyObject, text: string, verifier: string, now: number): SignOnCode | undefined {
  const code = readSigned(key, LABEL, text) as SignOnCode | undefined
  if (code === undefined || now < code.madeAt || now >= code.madeAt + CODE_MS) return undefined
  return equalBytes(Buffer.from(challengeOf(verifier)), Buffer.from(code.challenge)) ? code : undefined
}

/** RFC 7636, 4.2: S256. */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url")
}
