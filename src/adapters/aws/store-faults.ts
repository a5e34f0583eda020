import type { ErrorCode } from "../../core/errors.ts"
import { StoreFault } from "../../secrets/outside.ts"

interface Row {
  readonly code: ErrorCode
  /** Whether the call may have had its effect. */
  readonly done: "no" | "perhaps"
}

const no = (code: ErrorCode): Row => ({ code, done: "no" })
const perhaps = (code: ErrorCode): Row => ({ code, done: "perhaps" })

/**
 * Every error of Secrets Manager that our calls can meet, by the name on the wire.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
 */
export const FAULTS: Readonly<Record<string, Row>> = {
  ResourceNotFoundException: no("not_found"),
  ResourceExistsException: no("secret_exists"),
  InvalidRequestException: no("store_refused"),
  InvalidParameterException: no("invalid_request"),
  ValidationException: no("invalid_request"),
  InvalidNextTokenException: no("store_fault"),
  MalformedPolicyDocumentException: no("invalid_request"),
  PublicPolicyException: no("store_denied"),
  PreconditionNotMetException: no("version_conflict"),
  LimitExceededException: no("store_limit"),
  DecryptionFailure: no("store_key"),
  EncryptionFailure: no("store_key"),
  AccessDeniedException: no("store_denied"),
  AccessDenied: no("store_denied"),
  UnrecognizedClientException: no("store_denied"),
  InvalidClientTokenId: no("store_denied"),
  InvalidSignatureException: no("store_denied"),
  SignatureDoesNotMatch: no("store_denied"),
  IncompleteSignature: no("store_denied"),
  IncompleteSignatureException: no("store_denied"),
  MissingAuthenticationToken: no("store_denied"),
  MissingAuthenticationTokenException: no("store_denied"),
  ExpiredToken: no("store_denied"),
  ExpiredTokenException: no("store_denied"),
  OptInRequired: no("store_denied"),
  NotAuthorized: no("store_denied"),
  CredentialsProviderError: no("store_denied"),
  ThrottlingException: no("store_throttled"),
  Throttling: no("store_throttled"),
  TooManyRequestsException: no("store_throttled"),
  RequestLimitExceeded: no("store_throttled"),
  RequestExpired: no("store_fault"),
  InternalServiceError: perhaps("store_fault"),
  InternalFailure: perhaps("store_fault"),
  ServiceUnavailable: perhaps("store_unavailable"),
  ServiceUnavailableException: perhaps("store_unavailable"),
  TimeoutError: perhaps("store_unavailable"),
  AbortError: perhaps("store_unavailable"),
  /** It never got there. */
  ECONNREFUSED: no("store_unavailable"),
  ENOTFOUND: no("store_unavailable"),
}

interface Metadata {
  readonly httpStatusCode?: number
  readonly attempts?: number
}

/** What the SDK takes for throttling and tries again by itself: a try of many is as good as the first. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(["store_throttled", "store_limit"])

const PENDING = /marked (for deletion|deleted)/
const UNFINISHED = /^a?\s*previous rotation/i

/**
 * What the SDK threw as one of ours. AWS's own text never goes on: it may quote what was sent. Of InvalidRequestException
 * the text alone says which of its meanings it has.
 */
export function storeFault(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error
  const { name = "", message = "", code } = error as { name?: string; message?: string; code?: unknown }
  if (name === "InvalidRequestException" && PENDING.test(message))
    return new StoreFault("secret_pending_deletion", name, "no")
  if (name === "InvalidRequestException" && UNFINISHED.test(message))
    return new StoreFault("rotation_running", name, "no")
  const row = FAULTS[name] ?? (typeof code === "string" ? FAULTS[code] : undefined)
  const { attempts = 1, httpStatusCode: status } = (error as { $metadata?: Metadata }).$metadata ?? {}
  // The answer to an earlier try may have been lost, and this one found its own work in the way.
  const again = attempts > 1 && row !== undefined && !RETRIED.has(row.code)
  if (row !== undefined)
    return new StoreFault(row.code, name === "Error" ? String(code) : name, again ? "perhaps" : row.done)
  // A connection that broke, a body that is no answer, an error that AWS has added since.
  const refused = status !== undefined && status >= 400 && status < 500
  const cause = /^[A-Za-z]{1,64}$/.test(name) ? name : "Error"
  return refused ? new StoreFault("store_fault", cause, "no") : new StoreFault("store_unavailable", cause, "perhaps")
}
