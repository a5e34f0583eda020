import { hash } from "node:crypto"
import { TylerError } from "../core/errors.ts"
import { digest } from "./digest.ts"
import { FieldWriter } from "./fields.ts"
import type { Draft } from "./ledger.ts"

/** The format of what a leaf commits to: spec/audit-log.md, rules ENC-1 to ENC-5. */
const VERSION = "tyler-audit-entry/1"
const LEAF = Uint8Array.of(0)

/** What may be erased. The leaf holds only a blinded hash of it. */
export interface Personal {
  readonly username: string | null
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly reason: string | null
}

/** What the caller decides and a leaf holds in the open. */
export type Plain = Omit<Draft, keyof Personal | "salt">

const writer = new FieldWriter()

/** SHA-256(salt || canonical personal fields). The salt is 32 random bytes, so that nobody can guess their way back. */
export function commitmentOf(salt: Uint8Array, who: Personal): Buffer {
  return digest(writer.start(salt).text(who.username).text(who.ipAddress).text(who.userAgent).text(who.reason).view())
}

/** Canonical bytes of all that is decided before the transaction. Throws if the draft has no salt. */
export function entryHead(draft: Draft): Buffer {
  if (draft.salt?.byteLength !== 32) throw new TylerError("internal", {}, "an entry without a 32-byte salt")
  const commitment = commitmentOf(draft.salt, draft)
  writer.start()
  writePlain(draft, commitment)
  return writer.copy()
}

function writePlain(entry: Plain, commitment: Uint8Array): void {
  writer
    .text(VERSION)
    .text(String(entry.timestamp))
    .text(entry.requestId)
    .text(entry.action)
    .text(entry.result)
    .text(entry.resourceType)
    .text(entry.resourceName)
    .text(entry.userId)
    .text(entry.principalKind)
    .list(entry.roles)
    .list(entry.policyIds)
    .text(entry.decision)
    .text(entry.versionId)
    .text(entry.grantId)
    .text(entry.details)
    .bytes(commitment)
}

/** What the transaction decides. It stands last and alone, so that SQL can append it to a head. */
export function entryTail(quotaUse: number | null): Buffer {
  return writer
    .start()
    .text(quotaUse === null ? null : String(quotaUse))
    .copy()
}

/** SHA-256(0x00 || head || tail): RFC 6962, section 2.1. */
export function leafHashOf(head: Uint8Array, tail: Uint8Array): Buffer {
  return hash("sha256", writer.start(LEAF, head, tail).view(), "buffer")
}

/** The leaf hash of a stored entry, head and tail in one go, in base64. */
export function leafTextOf(entry: Plain, quotaUse: number | null, commitment: Uint8Array): string {
  writer.start(LEAF)
  writePlain(entry, commitment)
  return hash("sha256", writer.text(quotaUse === null ? null : String(quotaUse)).view(), "base64")
}
