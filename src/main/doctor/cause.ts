import { MirrorFault } from "../../audit/entry-mirror.ts"
import { TylerError } from "../../core/errors.ts"

/** The code of a fault that can be told; undefined: it is one of ours. */
export function causeOf(error: unknown): string | undefined {
  if (error instanceof MirrorFault) return error.reason
  if (!(error instanceof TylerError)) return undefined
  const { cause } = error.facts
  return typeof cause === "string" ? cause : error.code
}
