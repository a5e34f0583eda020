import { createHmac, type KeyObject } from "node:crypto"
import { equalBytes, lengthPrefixed } from "../core/bytes.ts"
import type { KeyRow } from "../state/rows.ts"

export const FORMAT = 1

/** A finished file of a backup, as it lies there. */
export interface Part {
  readonly name: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/** What a backup is, and what must be there of it. Written last; without it there is no backup. */
export interface Manifest {
  readonly tyler: "backup"
  readonly version: number
  readonly id: string
  /** Of the program that made it. */
  readonly program: string
  readonly madeAt: number
  /** Entries. */
  readonly size: number
  /** Signed over exactly these entries. */
  readonly checkpoint: string
  /** Of the root key that wraps the keys, base64. */
  readonly rootKeyCheck: string
  /** The keyring, as it is wrapped: with the root key, and only with that, the backup is of use. */
  readonly keys: readonly WrappedKey[]
  /** The state, then the entries in order. */
  readonly parts: readonly Part[]
}

type WrappedKey = Omit<KeyRow, "wrapped"> & { readonly wrapped: string }

export function wrappedKey(row: KeyRow): WrappedKey {
  return { ...row, wrapped: Buffer.from(row.wrapped).toString("base64") }
}

export function keyRowsOf({ keys }: Manifest): readonly KeyRow[] {
  return keys.map((key) => ({ ...key, wrapped: Buffer.from(key.wrapped, "base64") }))
}

/**
 * The manifest's line and one with its code. age says nothing of who sealed a file, and anybody may seal to a recipient:
 * the code does, for its key opens only with the root key.
 */
export function manifestText(rowsKey: KeyObject, manifest: Manifest): string {
  const line = JSON.stringify(manifest)
  return `${line}\n${JSON.stringify({ mac: codeOf(rowsKey, line).toString("base64") })}\n`
}

/** What was read, before anybody vouches for it; undefined: not a manifest. */
export interface ReadManifest {
  readonly manifest: Manifest
  genuine(rowsKey: KeyObject): boolean
}

export function readManifest(text: string): ReadManifest | undefined {
  const [line = "", second = "", end, ...more] = text.split("\n")
  if (end !== "" || more.length > 0) return undefined
  try {
    const manifest = JSON.parse(line) as Manifest
    const { mac } = JSON.parse(second) as { mac: string }
    if (manifest.tyler !== "backup" || typeof manifest.version !== "number" || typeof mac !== "string") return undefined
    return { manifest, genuine: (rowsKey) => equalBytes(codeOf(rowsKey, line), Buffer.from(mac, "base64")) }
  } catch {
    return undefined
  }
}

function codeOf(rowsKey: KeyObject, line: string): Buffer {
  return createHmac("sha256", rowsKey)
    .update(lengthPrefixed(["tyler-backup/1", line]))
    .digest()
}
