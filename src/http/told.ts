import type { ErrorCode } from "../core/errors.ts"

/** Refusals that a person at a browser can do something about, or tell somebody. */
export const TOLD: ReadonlySet<ErrorCode> = new Set([
  "not_found",
  "rate_limited",
  "unauthenticated",
  "account_disabled",
  "provider_unavailable",
  "sign_on_expired",
  "sign_on_cancelled",
  "sign_on_invalid",
  "sign_on_name",
  "sign_on_name_taken",
  "user_exists",
  "no_mapped_role",
  "identity_taken",
  "too_many_identities",
  "last_admin",
  "row_tampered",
  "busy",
  "unavailable",
])
