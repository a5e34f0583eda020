/** Header names of ours, lower case. Apart from the schemas, so that the client loads no validator. */

/** 32 to 64 of `[A-Za-z0-9-]`; becomes the version id. Taken by create, PUT and rotate. */
export const IDEMPOTENCY_KEY = "idempotency-key"
/** A step-up token. */
export const VERIFICATION_TOKEN = "x-verification-token"
/** The id in `Problem.requestId`, on every answer. */
export const REQUEST_ID = "x-request-id"
