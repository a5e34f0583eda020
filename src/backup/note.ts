import { createHmac, type KeyObject } from "node:crypto"
import { equalBytes, lengthPrefixed } from "../core/bytes.ts"

/**
 * That somebody on the host takes a backup, left for the process that writes the log where two may not. The code shows
 * that the root key was at hand: without it nobody makes entries this way.
 */
export interface Note {
  /** A UUID: each note is one entry, however often it is found. */
  readonly id: string
  /** Wall time in ms. */
  readonly at: number
  /** As in the entry of a backup over HTTP. */
  readonly sealed: string
}

/** In characters; a note is far shorter. */
export const MAX_NOTE = 1_024

export function noteText(rowsKey: KeyObject, note: Note): string {
  const line = JSON.stringify(note)
  return `${line}\n${codeOf(rowsKey, line).toString("base64")}\n`
}

/** Undefined: not a note, or not by somebody who has the root key. */
export function openNote(rowsKey: KeyObject, text: string): Note | undefined {
  const [line = "", code = "", end, ...more] = text.split("\n")
  if (text.length > MAX_NOTE || end !== "" || more.length > 0) return undefined
  return equalBytes(codeOf(rowsKey, line), Buffer.from(code, "base64")) ? (JSON.parse(line) as Note) : undefined
}

function codeOf(rowsKey: KeyObject, line: string): Buffer {
  return createHmac("sha256", rowsKey)
    .update(lengthPrefixed(["tyler-backup-note/1", line]))
    .digest()
}
