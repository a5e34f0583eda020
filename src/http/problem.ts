import { type ErrorCode, TylerError } from "../core/errors.ts"

/** One status per code. Which codes exist is core's business; what HTTP calls them is ours. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_json: 400,
  invalid_name: 400,
  ambiguous_name: 400,
  invalid_reason: 400,
  invalid_confirmation: 400,
  value_not_exact: 400,
  value_too_large: 413,
  body_too_large: 413,
  unsupported_media_type: 415,
  headers_too_large: 431,
  request_timeout: 408,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  misdirected_request: 421,
  secret_exists: 409,
  secret_pending_deletion: 409,
  secret_not_deleted: 409,
  version_conflict: 412,
  idempotency_mismatch: 409,
  approval_required: 403,
  verification_required: 403,
  verification_failed: 403,
  factor_exists: 409,
  too_many_factors: 409,
  enrolment_expired: 409,
  request_closed: 409,
  already_decided: 409,
  approval_not_needed: 409,
  quota_exceeded: 429,
  rate_limited: 429,
  too_many_versions: 429,
  label_held: 409,
  label_not_there: 409,
  label_required: 409,
  too_many_labels: 409,
  too_many_tags: 409,
  user_exists: 409,
  too_many_tokens: 409,
  too_many_owned: 409,
  owner_disabled: 409,
  issuer_exists: 409,
  too_many_issuers: 409,
  iam_binding_exists: 409,
  too_many_iam_bindings: 409,
  iam_login_off: 409,
  unknown_role: 400,
  role_exists: 409,
  role_in_use: 409,
  role_built_in: 409,
  too_many_roles: 409,
  weak_password: 400,
  setup_done: 409,
  person_enabled: 409,
  person_held: 409,
  last_admin: 409,
  account_disabled: 403,
  provider_exists: 409,
  provider_unavailable: 503,
  sign_on_expired: 403,
  sign_on_cancelled: 403,
  sign_on_invalid: 403,
  sign_on_name: 403,
  sign_on_name_taken: 409,
  no_mapped_role: 403,
  identity_taken: 409,
  too_many_identities: 409,
  last_way_in: 409,
  local_login_closed: 403,
  policy_exists: 409,
  policy_lockout: 409,
  policy_tampered: 503,
  row_tampered: 503,
  root_key_not_prepared: 409,
  backup_off: 409,
  backup_running: 409,
  not_rotatable: 409,
  rotation_running: 409,
  rotation_not_running: 409,
  rotation_begun: 409,
  rotation_refused: 409,
  version_pending: 403,
  not_adopted: 409,
  force_delete_disabled: 409,
  store_throttled: 503,
  store_unavailable: 503,
  store_fault: 502,
  store_denied: 503,
  store_key: 503,
  store_limit: 409,
  store_refused: 409,
  outcome_unrecorded: 503,
  busy: 503,
  unavailable: 503,
  rolled_back: 503,
  internal: 500,
}

/** Fastify's own refusals, all of which come before a handler. https://fastify.dev/docs/latest/Reference/Errors/ */
const FRAMEWORK: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid_request",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid_json",
  FST_ERR_CTP_INVALID_JSON_BODY: "invalid_json",
  FST_ERR_BAD_URL: "invalid_request",
  FST_ERR_MAX_PARAM_LENGTH: "invalid_request",
}

/**
 * Any error as one of ours. A foreign one is `internal`, and its text stays out of answer and log.
 * @param bodyLimit bytes, of the route that was asked.
 */
export function asTylerError(error: unknown, bodyLimit: number): TylerError {
  if (error instanceof TylerError) return error
  const code = (error as { code?: unknown }).code
  const known = typeof code === "string" ? FRAMEWORK[code] : undefined
  if (known !== undefined) return new TylerError(known, known === "body_too_large" ? { limit: bodyLimit } : {})
  const name = error instanceof Error ? error.name : typeof error
  const at = error instanceof Error ? error.stack?.split("\n").filter((line) => line.startsWith("    at "))[0] : ""
  return new TylerError("internal", {}, `${name} ${typeof code === "string" ? code : ""} ${at ?? ""}`)
}

export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const RETRY_SECONDS = 1

export function problemOf(error: TylerError, requestId: string): Problem {
  const status = STATUS[error.code]
  const headers: Record<string, string> = {}
  if (status === 405 && Array.isArray(error.facts["allowed"])) headers["allow"] = error.facts["allowed"].join(", ")
  if (status === 401) headers["www-authenticate"] = "Bearer"
  if (status === 503) headers["retry-after"] = String(RETRY_SECONDS)
  if (status === 429) headers["retry-after"] = String(secondsToRetry(error))
  const body = JSON.stringify({ ...error.facts, error: error.message, code: error.code, requestId })
  return { status, headers, body }
}

function secondsToRetry(error: TylerError): number {
  const { retryAfter } = error.facts
  return typeof retryAfter === "number" ? retryAfter : RETRY_SECONDS
}
