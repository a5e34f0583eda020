import { TylerError } from "../../core/errors.ts"

interface KmsFault {
  /** Travels to the caller and names the fault in `/api/ready` and in the metrics. */
  readonly cause: string
  /** What it means and what helps; no ids in it. */
  readonly text: string
}

const CREDENTIALS: KmsFault = {
  cause: "aws_credentials",
  text: "AWS does not accept this server's credentials, or there are none; look at them and at the clock",
}
const THROTTLED: KmsFault = { cause: "kms_throttled", text: "KMS answers that it is asked too often; try again" }
const UNREACHABLE: KmsFault = { cause: "kms_unreachable", text: "KMS cannot be reached or does not answer in time" }
const DENIED: KmsFault = {
  cause: "kms_access_denied",
  text: "KMS denies it: the key's policy or this server's IAM policy lacks kms:DescribeKey, kms:Encrypt or kms:Decrypt",
}

/** By the name of the SDK's error. https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors */
export const KMS_FAULTS: Readonly<Record<string, KmsFault>> = {
  DisabledException: { cause: "kms_disabled", text: "The KMS key is disabled; enable it" },
  KMSInvalidStateException: {
    cause: "kms_invalid_state",
    text: "The KMS key cannot be used in its state; if its deletion is scheduled, cancel that",
  },
  NotFoundException: {
    cause: "kms_not_found",
    text: "There is no such KMS key; look at KMS_KEY_ID, KMS_NEXT_KEY_ID and AWS_REGION",
  },
  KeyUnavailableException: { cause: "kms_key_unavailable", text: "The KMS key is not available now; try again" },
  AccessDeniedException: DENIED,
  ThrottlingException: THROTTLED,
  Throttling: THROTTLED,
  TooManyRequestsException: THROTTLED,
  LimitExceededException: THROTTLED,
  IncorrectKeyException: {
    cause: "kms_incorrect_key",
    text: "A key of the keyring was wrapped by another KMS key than the one that is named",
  },
  InvalidCiphertextException: {
    cause: "kms_invalid_ciphertext",
    text: "A key of the keyring does not open: it was changed, or wrapped in another TYLER_ENVIRONMENT",
  },
  InvalidKeyUsageException: {
    cause: "kms_key_usage",
    text: "The KMS key is of another kind; it must be symmetric, for encryption and decryption",
  },
  DependencyTimeoutException: UNREACHABLE,
  KMSInternalException: UNREACHABLE,
  TimeoutError: UNREACHABLE,
  AbortError: UNREACHABLE,
  CredentialsProviderError: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  InvalidClientTokenId: CREDENTIALS,
  InvalidSignatureException: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  IncompleteSignature: CREDENTIALS,
  MissingAuthenticationToken: CREDENTIALS,
  ExpiredTokenException: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  RequestExpired: CREDENTIALS,
}

/** Of the SDK's error only its name and AWS's request id go into the log: the rest may hold anything. */
export function kmsFault(error: unknown, asked: string): TylerError {
  if (error instanceof TylerError) return error
  const name = error instanceof Error ? error.name : typeof error
  const { code, $metadata } = error as { code?: unknown; $metadata?: { requestId?: string; httpStatusCode?: number } }
  const { cause, text } = (Object.hasOwn(KMS_FAULTS, name) ? KMS_FAULTS[name] : undefined) ?? unnamed(code, $metadata)
  const detail = `${asked}: ${name} ${typeof code === "string" ? code : ""} request=${$metadata?.requestId ?? "none"}`
  return new TylerError("unavailable", { cause, error: text }, detail)
}

/** A socket's error has a code and no answer; what is left is an answer that nobody has described. */
function unnamed(code: unknown, answer: { httpStatusCode?: number } | undefined): KmsFault {
  const status = answer?.httpStatusCode
  if (status === undefined ? typeof code === "string" : status >= 500) return UNREACHABLE
  return { cause: "kms_failed", text: "KMS refuses this in a way that is not known here; the log names its error" }
}
