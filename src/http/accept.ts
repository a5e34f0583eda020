import type { FastifyRequest } from "fastify"
import type { Scope } from "../api/fields.ts"
import { TylerError } from "../core/errors.ts"
import type { TokenScope } from "../core/principal.ts"
import { parseReason, type Reason, type ReasonFault } from "../core/reason.ts"
import { parseVersionId, type VersionId } from "../core/version.ts"
import { parseScope } from "../policy/scope.ts"

const REASON_TEXT: Readonly<Record<ReasonFault, string>> = {
  too_short: "is too short",
  too_long: "is too long",
  control_character: "holds a control or direction character",
}

export function acceptReason(text: string, min: number, field = "/reason"): Reason {
  const result = parseReason(text, min)
  if ("reason" in result) return result.reason
  throw new TylerError("invalid_reason", {
    error: `The reason ${REASON_TEXT[result.fault]}: ${min} to 1,000 characters that can be seen`,
    field,
    minimum: min,
  })
}

/** The schema has looked at the counts and the verbs. */
export function acceptScope(given: Scope | undefined): TokenScope | null {
  if (given === undefined) return null
  const scope = parseScope(given.secrets, given.verbs)
  if (scope !== undefined) return scope
  const error = "scope.secrets must be patterns: segments between slashes, each one * or letters, digits and _+=.@-"
  throw new TylerError("invalid_request", { field: "/scope/secrets", error })
}

export function idempotencyKey(request: FastifyRequest): VersionId | undefined {
  const header = request.headers["idempotency-key"]
  if (header === undefined) return undefined
  const key = parseVersionId(String(header))
  if (key === undefined)
    throw new TylerError("invalid_request", { error: "Idempotency-Key must be 32 to 64 of A-Z a-z 0-9 -" })
  return key
}
