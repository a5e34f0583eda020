import { TylerError } from "../../core/errors.ts"

/** SQLSTATE classes and codes, https://www.postgresql.org/docs/15/errcodes-appendix.html */
const BY_STATE: Readonly<Record<string, string>> = {
  "25006": "read_only",
  "40P01": "locked",
  "53100": "disk_full",
  "53200": "out_of_memory",
  "53300": "too_many_connections",
  "55P03": "locked",
  "57014": "timeout",
  "58030": "io_error",
  XX001: "corrupt",
  XX002: "corrupt",
}
const BY_CLASS: Readonly<Record<string, string>> = {
  "08": "connection_lost",
  "22": "unstorable",
  "23": "unstorable",
  "28": "login_refused",
  "57": "connection_lost",
}

/**
 * Every database error becomes `unavailable` here. PostgreSQL's message and detail may quote a row, so only the
 * SQLSTATE and our own names of constraint and table go on, and these only into the log.
 */
export function asFault(error: unknown): TylerError {
  if (error instanceof TylerError) return error
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown }
  const state = typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
  const cause =
    state === undefined ? "connection_lost" : (BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)] ?? "database_error")
  const parts = [`postgres: ${cause}`, state, constraint, table].filter((part) => typeof part === "string")
  return new TylerError("unavailable", { cause }, parts.join(" "))
}

const causeOf = (fault: TylerError): unknown => fault.facts["cause"]

/** The connection is of no use any more, and whether a running transaction became durable is not known. */
export function isLost(fault: TylerError): boolean {
  return causeOf(fault) === "connection_lost"
}

/** The acts themselves were refused (a constraint, a text the database cannot hold); nothing was done. */
export function isUnstorable(fault: TylerError): boolean {
  return causeOf(fault) === "unstorable"
}
