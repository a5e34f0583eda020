import { TylerError } from "../../core/errors.ts"
import { DatabaseGone } from "./in-place.ts"

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const BY_CODE: Readonly<Record<number, string>> = {
  5: "locked",
  6: "locked",
  8: "read_only",
  10: "io_error",
  11: "corrupt",
  13: "disk_full",
  14: "cannot_open",
  26: "corrupt",
}

/** Every database error becomes `unavailable` here: SQLite's text may quote a row, so only its code goes on. */
export function asFault(error: unknown): TylerError {
  if (error instanceof TylerError) return error
  const cause = asCause(error)
  return new TylerError("unavailable", { cause }, `sqlite: ${cause}`)
}

/** A code such as `disk_full`. */
export function asCause(error: unknown): string {
  if (error instanceof DatabaseGone) return "gone"
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === "number" ? (BY_CODE[code & 0xff] ?? `sqlite_${code}`) : "database_error"
}
