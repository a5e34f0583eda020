import { type ErrorCode, type Facts, TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import type { SignatureCode } from "../identity/sigv4.ts"
import type { Desk } from "./desk.ts"
import { labelOutside } from "./labels.ts"
import { requestUrl } from "./request-url.ts"

/**
 * What AWS calls our refusals. A client error is HTTP 400 whatever it is about.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html and the operations' own pages
 */
export type AwsCode =
  | SignatureCode
  | "AccessDeniedException"
  | "DecryptionFailure"
  | "EncryptionFailure"
  | "InternalServiceError"
  | "InvalidNextTokenException"
  | "InvalidParameterException"
  | "InvalidRequestException"
  | "LimitExceededException"
  | "MalformedPolicyDocumentException"
  | "PreconditionNotMetException"
  | "PublicPolicyException"
  | "RequestEntityTooLargeException"
  | "ResourceExistsException"
  | "ResourceNotFoundException"
  | "SerializationException"
  | "ServiceUnavailableException"
  | "ThrottlingException"
  | "UnknownOperationException"
  | "UnrecognizedClientException"
  | "ValidationException"

const STATUS: Readonly<Partial<Record<AwsCode, number>>> = {
  RequestEntityTooLargeException: 413,
  InternalServiceError: 500,
  ServiceUnavailableException: 503,
}

export function statusOf(code: AwsCode): number {
  return STATUS[code] ?? 400
}

/** A refusal that only this border knows. `cause`: the same in the service's own words, for entries and counters. */
export class AwsError extends Error {
  readonly code: AwsCode
  override readonly cause: TylerError

  constructor(
    code: AwsCode,
    message: string,
    cause: TylerError = new TylerError("invalid_request", { error: message }),
  ) {
    super(message)
    this.name = "AwsError"
    this.code = code
    this.cause = cause
  }
}

const PENDING = "You can't perform this operation on the secret because it was marked for deletion."

interface Named {
  readonly code: AwsCode
  /** AWS's own text, where clients are known to look at it. */
  readonly says?: string
}

const named = (code: AwsCode, says?: string): Named => (says === undefined ? { code } : { code, says })

/** Of what cannot happen here: routes of the REST API only. */
const ELSEWHERE = named("InvalidRequestException")

/** Every code has a row. Those that waiting cures are ones that AWS's clients try again. */
const NAMED: Readonly<Record<ErrorCode, Named>> = {
  invalid_request: named("InvalidParameterException"),
  invalid_json: named("SerializationException"),
  invalid_name: named("ValidationException"),
  ambiguous_name: named("InvalidParameterException"),
  invalid_reason: named("InvalidParameterException"),
  invalid_confirmation: named("InvalidParameterException"),
  value_not_exact: named("InvalidParameterException"),
  value_too_large: named("ValidationException"),
  body_too_large: named("RequestEntityTooLargeException"),
  unsupported_media_type: named("UnknownOperationException"),
  headers_too_large: ELSEWHERE,
  request_timeout: ELSEWHERE,
  unauthenticated: named("UnrecognizedClientException", "The security token included in the request is invalid."),
  forbidden: named("AccessDeniedException"),
  not_found: named("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
  method_not_allowed: named("UnknownOperationException"),
  misdirected_request: named("InvalidRequestException"),
  secret_exists: named("ResourceExistsException"),
  secret_pending_deletion: named("InvalidRequestException", PENDING),
  secret_not_deleted: named("InvalidRequestException"),
  version_conflict: named("PreconditionNotMetException"),
  idempotency_mismatch: named("ResourceExistsException"),
  approval_required: named("AccessDeniedException"),
  verification_required: named("AccessDeniedException"),
  verification_failed: named("AccessDeniedException"),
  // Not LimitExceededException, which SDKs try again at once; tomorrow is what helps.
  quota_exceeded: named("AccessDeniedException"),
  rate_limited: named("ThrottlingException"),
  too_many_versions: named("LimitExceededException"),
  label_held: named("InvalidParameterException"),
  label_not_there: named("InvalidParameterException"),
  label_required: named("InvalidParameterException"),
  too_many_labels: named("LimitExceededException"),
  // Not LimitExceededException, which SDKs try again.
  too_many_tags: named("InvalidParameterException"),
  factor_exists: ELSEWHERE,
  too_many_factors: ELSEWHERE,
  enrolment_expired: ELSEWHERE,
  request_closed: ELSEWHERE,
  already_decided: ELSEWHERE,
  approval_not_needed: ELSEWHERE,
  user_exists: ELSEWHERE,
  too_many_tokens: ELSEWHERE,
  too_many_owned: ELSEWHERE,
  owner_disabled: ELSEWHERE,
  issuer_exists: ELSEWHERE,
  too_many_issuers: ELSEWHERE,
  unknown_role: ELSEWHERE,
  role_exists: ELSEWHERE,
  role_in_use: ELSEWHERE,
  role_built_in: ELSEWHERE,
  too_many_roles: ELSEWHERE,
  weak_password: ELSEWHERE,
  setup_done: ELSEWHERE,
  person_enabled: ELSEWHERE,
  person_held: ELSEWHERE,
  last_admin: ELSEWHERE,
  account_disabled: named("UnrecognizedClientException"),
  provider_exists: ELSEWHERE,
  provider_unavailable: ELSEWHERE,
  sign_on_expired: ELSEWHERE,
  sign_on_cancelled: ELSEWHERE,
  sign_on_invalid: ELSEWHERE,
  sign_on_name: ELSEWHERE,
  sign_on_name_taken: ELSEWHERE,
  no_mapped_role: ELSEWHERE,
  identity_taken: ELSEWHERE,
  too_many_identities: ELSEWHERE,
  last_way_in: ELSEWHERE,
  local_login_closed: ELSEWHERE,
  policy_exists: ELSEWHERE,
  policy_lockout: ELSEWHERE,
  policy_tampered: named("ServiceUnavailableException"),
  row_tampered: named("ServiceUnavailableException"),
  root_key_not_prepared: ELSEWHERE,
  backup_off: ELSEWHERE,
  backup_running: ELSEWHERE,
  not_rotatable: named("InvalidRequestException"),
  rotation_running: named(
    "InvalidRequestException",
    "A previous rotation isn't complete. That rotation will be reattempted.",
  ),
  rotation_not_running: named("InvalidRequestException"),
  rotation_begun: named("InvalidRequestException"),
  rotation_refused: named("InvalidRequestException"),
  version_pending: named("AccessDeniedException"),
  not_adopted: named("InvalidRequestException"),
  force_delete_disabled: named("InvalidRequestException"),
  store_throttled: named("ThrottlingException"),
  store_unavailable: named("ServiceUnavailableException"),
  store_fault: named("InternalServiceError"),
  store_denied: named("ServiceUnavailableException"),
  store_key: named("ServiceUnavailableException"),
  store_limit: named("LimitExceededException"),
  store_refused: named("InvalidRequestException"),
  outcome_unrecorded: named("ServiceUnavailableException"),
  iam_binding_exists: ELSEWHERE,
  too_many_iam_bindings: ELSEWHERE,
  iam_login_off: ELSEWHERE,
  busy: named("ServiceUnavailableException"),
  unavailable: named("ServiceUnavailableException"),
  rolled_back: named("ServiceUnavailableException"),
  internal: named("InternalServiceError"),
}

export interface Told {
  readonly code: AwsCode
  readonly message: string
}

/** A refusal as AWS's clients read it. @param secretId as it was sent, whatever it is */
export function toldBy(desk: Desk, { requestId }: Origin, error: TylerError | AwsError, secretId: unknown): Told {
  return toldOf(error, requestId, requestUrl(desk, secretId))
}

/** @param helpUrl where a person sees what he can ask for */
function toldOf(error: TylerError | AwsError, requestId: string, helpUrl: string): Told {
  if (error instanceof AwsError) return { code: error.code, message: error.message }
  const { code, says } = NAMED[error.code]
  if (code === "AccessDeniedException") return { code, message: deniedText(error, requestId, helpUrl) }
  return { code, message: versionText(error.facts) ?? says ?? error.message }
}

/** AWS's texts for a version that is not there, which differ for labels and ids. */
function versionText({ stage, versionId }: Facts): string | undefined {
  const missing = "Secrets Manager can't find the specified secret value for"
  if (typeof versionId === "string") return `${missing} VersionId: ${versionId}`
  return typeof stage === "string" ? `${missing} staging label: ${labelOutside(stage)}` : undefined
}

/** Most rules that are named; the entry in the audit log has them all. */
const REASONS = 3

/** What no client can show is said in words: why, the request's id, and where a person can ask. */
function deniedText(error: TylerError, requestId: string, helpUrl: string): string {
  const { reasons } = error.facts
  const rules = Array.isArray(reasons) ? (reasons as readonly Said[]).slice(0, REASONS) : []
  const why = rules.map(({ says, pattern, rule }) => `${says} (rule ${rule} for ${pattern})`)
  const change = [...new Set(rules.flatMap((one) => one.change ?? []))]
  const parts = [
    `${error.message}${why.length === 0 ? "" : `: ${why.join("; ")}`}.`,
    ...(change.length === 0 ? [] : [`What would change it: ${change.join("; ")}.`]),
    ...help(error.facts, helpUrl),
    `Request id: ${requestId}.`,
  ]
  return parts.join(" ")
}

interface Said {
  readonly says: string
  readonly rule: string
  readonly pattern: string
  readonly change?: string
}

/** A grant stands for the second factor too, for which AWS's protocol has no place. */
function help({ requiresApproval, requiresToken }: Facts, helpUrl: string): readonly string[] {
  if (requiresApproval !== true && requiresToken !== true) return []
  const when = requiresApproval === true ? "once it is granted" : "while the grant lives"
  const mfa = requiresToken === true ? " --mfa" : ""
  return [`A person asks for it with tyler request${mfa} or at ${helpUrl}: the same call passes ${when}.`]
}
