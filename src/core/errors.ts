/**
 * The closed set of refusals and faults. Each code has one text for the caller; what the log gets is `detail`,
 * which never leaves the process. Errors here know nothing of HTTP: `http/problem.ts` maps codes to statuses.
 */
const TEXTS = {
  invalid_request: "The request is not valid",
  invalid_json: "The body is not valid JSON",
  invalid_name: "The secret name is not valid",
  ambiguous_name: "The name already starts with a category; give either the category or the full name",
  invalid_reason: "The reason is not valid",
  invalid_confirmation: "Invalid confirmation code",
  value_not_exact: "The value cannot be stored exactly",
  value_too_large: "The value is too large",
  body_too_large: "The body is too large",
  unsupported_media_type: "Only application/json is accepted",
  headers_too_large: "The request line and headers are too large",
  request_timeout: "The request did not arrive in time",
  unauthenticated: "Authentication required",
  forbidden: "Access denied",
  not_found: "Not found",
  method_not_allowed: "This route does not accept this method",
  misdirected_request: "This server does not answer for that host name",
  secret_exists: "A secret with this name already exists",
  secret_pending_deletion: "The secret is scheduled for deletion; restore it first",
  secret_not_deleted: "The secret is not scheduled for deletion",
  version_conflict: "The secret has changed since the version you expected",
  idempotency_mismatch: "This idempotency key was used with another request",
  approval_required: "Approval required",
  verification_required: "Additional verification required",
  verification_failed: "The second factor is not right",
  factor_exists: "This passkey is already enrolled",
  too_many_factors: "No more second factors can be enrolled; remove one first",
  enrolment_expired: "The enrolment has expired or was used; start it again",
  request_closed: "The request is no longer open",
  already_decided: "You have already decided this request",
  approval_not_needed: "No approval is needed; ask for the secret itself",
  quota_exceeded: "The daily limit is used up",
  rate_limited: "Too many requests",
  too_many_versions: "The secret has too many recent versions",
  label_held: "Another version has this label; say which one it is to be taken from",
  label_not_there: "The version does not have this label",
  label_required: "This label can be moved to another version, not taken away",
  too_many_labels: "The secret would have too many labels",
  too_many_tags: "The secret would have too many tags",
  user_exists: "A user or service account with this name already exists",
  too_many_tokens: "There are as many valid tokens or access keys as there may be; revoke one first",
  too_many_owned: "The owner has as many service accounts as one person may; name another owner",
  owner_disabled: "The service account's owner is disabled; give it another owner first",
  issuer_exists: "This issuer is there already; change it instead",
  too_many_issuers: "There are as many issuers as there may be",
  iam_binding_exists: "This ARN is bound to a service account already; remove that first",
  too_many_iam_bindings: "There are as many IAM bindings as there may be",
  iam_login_off: "Signing in with AWS credentials is not set up here: the server has no AWS_REGION",
  unknown_role: "There is no such role",
  role_exists: "There is a role of this name already",
  role_in_use: "A person, a service account, a policy row or an identity provider still names this role",
  role_built_in: "A built-in role stays",
  too_many_roles: "There are as many roles as there may be; delete one first",
  weak_password: "The password is not acceptable",
  setup_done: "The first admin has already been set up",
  person_enabled: "The person must be disabled first",
  person_held: "The person is under a legal hold",
  last_admin: "This would leave nobody who can administer the system",
  account_disabled: "This account is disabled",
  provider_exists: "An identity provider with this id or this issuer already exists",
  provider_unavailable: "The identity provider cannot be reached or does not answer as one",
  sign_on_expired: "This sign-on has expired or was used already; start again",
  sign_on_cancelled: "The identity provider did not sign you in",
  sign_on_invalid: "What the identity provider answered cannot be accepted",
  sign_on_name: "The identity provider gives no user name that can be used here",
  sign_on_name_taken: "Your user name belongs to another account here; sign in to that one and link this sign-on to it",
  no_mapped_role: "Nothing that the identity provider says of you gives you a role here",
  identity_taken: "This sign-on is linked to an account already",
  too_many_identities: "An account has at most 8 linked sign-ons",
  last_way_in: "This is the only way into the account",
  local_login_closed: "Passwords are for named admins only here; sign in with your identity provider",
  policy_exists: "A policy for this pattern already exists",
  policy_lockout: "This policy change would lock every admin out",
  policy_tampered: "The policy rows do not match their authentication code; no secret is served",
  row_tampered: "A stored row does not match its authentication code",
  root_key_not_prepared:
    "There is no new root key to rotate to; run tyler-server new-root-key on the server's machine, or name a KMS key",
  backup_off: "Backups are not set up here: the server needs TYLER_BACKUP_RECIPIENTS or TYLER_BACKUP_PASSPHRASE_FILE",
  backup_running: "A backup is being taken from this server already",
  not_rotatable: "Rotation is not configured for this secret",
  rotation_running: "A rotation of this secret is under way already",
  rotation_not_running: "No rotation of this secret is under way",
  rotation_begun: "The rotation may have reached its target; it will be finished and cannot be cancelled",
  rotation_refused: "The secret cannot be rotated as it stands",
  version_pending: "This version is still being rotated in; only the rotator may read it",
  not_adopted: "The secret is in AWS but is not governed here yet; an admin adopts it with tyler aws adopt",
  force_delete_disabled: "Secrets in AWS are deleted after a recovery window of 7 to 30 days, never at once",
  store_throttled: "The store of values is throttling; try again",
  store_unavailable: "The store of values cannot be reached; try again",
  store_fault: "The store of values answered with a fault",
  store_denied: "The store of values refuses this service; its operator must look at its permissions",
  store_key: "The store of values cannot use the key of this secret",
  store_limit: "The store of values takes no more of these",
  store_refused: "The store of values refuses this in the secret's present state",
  outcome_unrecorded:
    "The change may have been made, but that could not be recorded; ask again with the same Idempotency-Key",
  busy: "The service is busy; try again",
  unavailable: "The service cannot record this request; nothing was released",
  rolled_back: "The audit log is older than its mirror; nothing is served until the loss is acknowledged",
  internal: "Internal error",
} as const

export type ErrorCode = keyof typeof TEXTS

/** Facts that may travel to the caller: names, limits, flags. Never a value, never a foreign error's text. */
export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[] | readonly object[]>>

export class TylerError extends Error {
  readonly code: ErrorCode
  readonly facts: Facts
  /** For the log only. */
  readonly detail: string | undefined
  /** Set once the refusal has its audit entry, was counted into a summary, or cannot be recorded. */
  recorded = false

  constructor(code: ErrorCode, facts: Facts = {}, detail?: string) {
    super(typeof facts["error"] === "string" ? facts["error"] : TEXTS[code])
    this.name = "TylerError"
    this.code = code
    this.facts = facts
    this.detail = detail
  }
}

/** The caller's text of a code. */
export function textOf(code: ErrorCode): string {
  return TEXTS[code]
}

export const ERROR_CODES = Object.keys(TEXTS) as readonly ErrorCode[]
