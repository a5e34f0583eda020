/** What an AWS service that only takes copies may answer, as a code for the readiness page. By the name of the SDK's error. */
const CAUSES: Readonly<Record<string, string>> = {
  AccessDeniedException: "access_denied",
  AccessDenied: "access_denied",
  AccessDeniedFault: "access_denied",
  Forbidden: "access_denied",
  CredentialsProviderError: "aws_credentials",
  UnrecognizedClientException: "aws_credentials",
  InvalidClientTokenId: "aws_credentials",
  InvalidAccessKeyId: "aws_credentials",
  SignatureDoesNotMatch: "aws_credentials",
  InvalidSignatureException: "aws_credentials",
  ExpiredTokenException: "aws_credentials",
  ExpiredToken: "aws_credentials",
  ThrottlingException: "throttled",
  Throttling: "throttled",
  SlowDown: "throttled",
  TooManyRequestsException: "throttled",
  LimitExceededException: "throttled",
  ResourceNotFoundException: "not_found",
  NoSuchBucket: "not_found",
  NotFound: "not_found",
  TimeoutError: "unreachable",
  AbortError: "unreachable",
}

/** A code; nothing of the error's text, which may quote what was sent. */
export function serviceCause(error: unknown): string {
  const { name, code, $metadata } = error as {
    name?: unknown
    code?: unknown
    $metadata?: { httpStatusCode?: number }
  }
  if (typeof name === "string" && Object.hasOwn(CAUSES, name)) return CAUSES[name] ?? "failed"
  const status = $metadata?.httpStatusCode
  return status === undefined
    ? typeof code === "string"
      ? "unreachable"
      : "failed"
    : status >= 500
      ? "unreachable"
      : "refused"
}
