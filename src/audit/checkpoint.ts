import { HASH_BYTES } from "./merkle.ts"
import { type LogKey, NoteError, openNote, parseVerifierKey, signNote, type VerifierKey } from "./note.ts"

/** C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint): a signed note that states the size and root of a log. */

export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

/** Signs what is durable. Never before the commit: a signed root whose commit failed is a fork. */
export function signCheckpoint(key: LogKey, size: number, root: Uint8Array): string {
  return signNote(key, `${key.origin}\n${size}\n${Buffer.from(root).toString("base64")}\n`)
}

/**
 * Reads a checkpoint that the key has signed for the log of the same name. Extension lines and foreign signatures are
 * allowed and ignored. Throws NoteError.
 * @param verifierKey the published form (`verifierKeyText`), or an already parsed key
 */
export function openCheckpoint(note: string, verifierKey: string | VerifierKey): Checkpoint {
  const key = typeof verifierKey === "string" ? parseVerifierKey(verifierKey) : verifierKey
  const origin = note.slice(0, Math.max(0, note.indexOf("\n")))
  if (origin !== key.name)
    throw new NoteError(
      "wrong_origin",
      `the checkpoint is of the log ${JSON.stringify(origin.slice(0, 100))}, not of ${key.name}`,
    )
  const [, size = "", encoded = ""] = openNote(note, key).split("\n")
  const root = Buffer.from(encoded, "base64")
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw new NoteError("malformed", "the checkpoint's size is not a number")
  if (root.byteLength !== HASH_BYTES || root.toString("base64") !== encoded)
    throw new NoteError("malformed", "the checkpoint's root is not a hash")
  return { origin, size: Number(size), root }
}
