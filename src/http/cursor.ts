import { invalidField } from "../api/parse.ts"
import { isStorable } from "../core/storable.ts"

/** A cursor is the last name looked at, as base64url so that nobody builds on it. */
export function cursorOf(name: string): string {
  return Buffer.from(name).toString("base64url")
}

/** The name in a cursor, empty for none. Throws `invalid_request` for what `cursorOf` cannot have made. */
export function cursorText(cursor: string | null): string {
  if (cursor === null) return ""
  const name = Buffer.from(cursor, "base64url").toString("utf8")
  if (cursorOf(name) !== cursor || !isStorable(name)) throw invalidField("/cursor", "not a cursor of this server")
  return name
}
