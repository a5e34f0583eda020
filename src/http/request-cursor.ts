import { invalidField } from "../api/parse.ts"
import type { AccessRequestRow } from "../state/rows.ts"
import { cursorOf, cursorText } from "./cursor.ts"

/** Time and id of the last request looked at. */
export function requestCursorOf({ createdAt, id }: Pick<AccessRequestRow, "createdAt" | "id">): string {
  return cursorOf(`${createdAt} ${id}`)
}

/** Null from the newest on. Throws `invalid_request` for what `requestCursorOf` cannot have made. */
export function requestCursor(cursor: string | null): { readonly createdAt: number; readonly id: string } | null {
  if (cursor === null) return null
  const [, createdAt = "", id = ""] = /^(\d{1,15}) ([A-Za-z0-9-]{1,64})$/.exec(cursorText(cursor)) ?? []
  if (id === "") throw invalidField("/cursor", "not a cursor of this server")
  return { createdAt: Number(createdAt), id }
}
