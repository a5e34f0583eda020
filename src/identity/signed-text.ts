import { createHmac, type KeyObject } from "node:crypto"
import { equalBytes, lengthPrefixed } from "../core/bytes.ts"

const MAC_BYTES = 32

/**
 * Facts that the service hands out and takes back: base64url of a code and the JSON it covers. Whoever holds the text can
 * read it and change nothing. Any replica takes what another has made.
 * @param label says what for, so that no text passes for one of another kind.
 */
export function signText(key: KeyObject, label: string, facts: object): string {
  const json = Buffer.from(JSON.stringify(facts))
  return Buffer.concat([codeOf(key, label, json), json]).toString("base64url")
}

/** The facts in a text that `signText` made under this key and label; undefined for any other. */
export function readSigned(key: KeyObject, label: string, text: string): unknown {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.byteLength <= MAC_BYTES || bytes.toString("base64url") !== text) return undefined
  const json = bytes.subarray(MAC_BYTES)
  if (!equalBytes(codeOf(key, label, json), bytes.subarray(0, MAC_BYTES))) return undefined
  return JSON.parse(json.toString("utf8"))
}

/** 43 characters of `[A-Za-z0-9_-]` that nobody without the key can tell from `text`. */
export function derivedText(key: KeyObject, label: string, text: string): string {
  return codeOf(key, label, Buffer.from(text)).toString("base64url")
}

function codeOf(key: KeyObject, label: string, bytes: Uint8Array): Buffer {
  return createHmac("sha256", key)
    .update(lengthPrefixed([label, bytes]))
    .digest()
}
