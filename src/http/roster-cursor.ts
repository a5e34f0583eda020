import { invalidField } from "../api/parse.ts"
import type { RosterPlace } from "../operations/who.ts"
import { cursorOf, cursorText } from "./cursor.ts"

/** A cursor through people and then programs is the kind and the last name looked at. */
export function placeCursor({ kind, name }: RosterPlace): string {
  return cursorOf(`${kind} ${name}`)
}

/** Null for none. Throws `invalid_request` for what `placeCursor` cannot have made. */
export function placeOf(cursor: string | null): RosterPlace | null {
  if (cursor === null) return null
  const text = cursorText(cursor)
  const kind = text.startsWith("person ") ? "person" : "program"
  if (!text.startsWith(`${kind} `)) throw invalidField("/cursor", "not a cursor of this server")
  return { kind, name: text.slice(kind.length + 1) }
}
