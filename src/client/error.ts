/**
 * Every failure of the client. `status` is the HTTP status, or 0 when no answer of a Tyler server was had: then `code`
 * is one of `LocalCode`. Messages and facts hold what the server said of the refusal; never a value, a password or a
 * token. Texts come from the server: escape control characters before you print them on a terminal.
 */
export class TylerApiError extends Error {
  readonly status: number
  /** `core/errors.ts` has the server's codes. */
  readonly code: string
  /** What the answer said beside error, code and request id: `limit`, `resetsAt`, `missing`, `field`... */
  readonly facts: Readonly<Record<string, unknown>>
  /** For finding the request in the audit log and the server's log; null without an answer. */
  readonly requestId: string | null

  constructor(
    status: number,
    code: string,
    message: string,
    facts: Readonly<Record<string, unknown>> = {},
    requestId: string | null = null,
  ) {
    super(message)
    this.name = "TylerApiError"
    this.status = status
    this.code = code
    this.facts = facts
    this.requestId = requestId
  }
}

/** What can go wrong on this side of the wire. */
export type LocalCode =
  | "insecure_address"
  | "invalid_name"
  | "reason_required"
  | "unreachable"
  | "timeout"
  | "aborted"
  | "redirected"
  | "bad_answer"

export function localError(code: LocalCode, message: string, facts: Readonly<Record<string, unknown>> = {}) {
  return new TylerApiError(0, code, message, facts)
}

const CODE = /^[a-z_]{1,64}$/

/** An answer that is no success. A proxy's page in place of a Tyler error is `bad_answer`, with the status. */
export function answerError(status: number, body: unknown): TylerApiError {
  if (typeof body !== "object" || body === null) return notOurs(status)
  const { error, code, requestId, ...facts } = body as Record<string, unknown>
  if (status === 503 && facts["ready"] === false)
    return new TylerApiError(503, "unavailable", "The server is not ready", facts)
  if (typeof code !== "string" || !CODE.test(code) || typeof error !== "string") return notOurs(status)
  return new TylerApiError(status, code, error, facts, typeof requestId === "string" ? requestId : null)
}

function notOurs(status: number): TylerApiError {
  return new TylerApiError(status, "bad_answer", `The address answered ${status}, but not as a Tyler server does`)
}
