import type { FastifyRequest } from "fastify"
import { TylerError } from "../core/errors.ts"
import { parseReason, type Reason, type ReasonFault } from "../core/reason.ts"
import { parseVersionId, type VersionId } from "../core/version.ts"

const REASON_TEXT: Readonly<Record<ReasonFault, string>> = {
  too_short: "is too short",
  too_long: "is too long",
  control_character: "holds a control or direction character",
}

export function acceptReason(text: string, min: number): Reason {
  const result = parseReason(text, min)
  if ("reason" in result) return result.reason
  throw new TylerError("invalid_reason", {
    error: `The reason ${REASON_TEXT[result.fault]}: ${min} to 1,000 characters that can be seen`,
    field: "/reason",
    minimum: min,
  })
}

export function idempotencyKey(request: FastifyRequest): VersionId | undefined {
  const header = request.headers["idempotency-key"]
  if (header === undefined) return undefined
  const key = parseVersionId(String(header))
  if (key === undefined)
    throw new TylerError("invalid_request", { error: "Idempotency-Key must be 32 to 64 of A-Z a-z 0-9 -" })
  return key
}
