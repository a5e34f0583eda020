/** Exit codes, the same for every command; `run` returns the child's instead. */
export const DONE = 0
export const FAULT = 1
export const USAGE = 2
export const REFUSED = 3
export const NOT_FOUND = 4
export const NEEDS_MORE = 5
export const LIMIT = 6
export const UNAVAILABLE = 7

export const EXIT_TEXTS: readonly (readonly [number, string])[] = [
  [DONE, "done"],
  [FAULT, "fault"],
  [USAGE, "usage: the command or what it was given is not right"],
  [REFUSED, "refused"],
  [NOT_FOUND, "not found"],
  [NEEDS_MORE, "needs a second factor or an approval"],
  [LIMIT, "a limit is used up"],
  [UNAVAILABLE, "unavailable: the server, or a part it needs, does not answer"],
]

/** Codes that say more than their HTTP status does. */
const BY_CODE: Readonly<Record<string, number>> = {
  approval_required: NEEDS_MORE,
  verification_required: NEEDS_MORE,
  insecure_address: USAGE,
  invalid_name: USAGE,
  reason_required: USAGE,
  unreachable: UNAVAILABLE,
  timeout: UNAVAILABLE,
}

export function exitOf(status: number, code: string): number {
  const own = BY_CODE[code]
  if (own !== undefined) return own
  if (status === 404) return NOT_FOUND
  if (status === 429) return LIMIT
  if (status === 502 || status === 503 || status === 504) return UNAVAILABLE
  if (code === "bad_answer") return FAULT
  if (status === 400 || status === 413 || status === 415) return USAGE
  return status >= 400 && status < 500 ? REFUSED : FAULT
}
