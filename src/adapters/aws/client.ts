export type AwsService = "kms" | "sts" | "secretsmanager" | "monitoring" | "logs" | "s3"

/** Which AWS is asked: always a Region that somebody wrote down, and where its services answer if not where AWS says. */
export interface AwsPlace {
  readonly region: string
  /** Origins by service; null or absent: the Region's own public endpoint. */
  readonly endpoints: Readonly<Partial<Record<AwsService, string | null>>>
}

/** The first try included. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
export const ATTEMPTS = 3
/** Until a connection stands. */
export const CONNECT_MS = 2_000
/** Until an answer has come whole, for each try. */
export const ANSWER_MS = 5_000
/** Connections to one service. What exceeds it waits, so a slow AWS cannot use up our sockets. */
const SOCKETS = 50

/**
 * What every AWS client here is made with: three tries with the SDK's `standard` back-off and jitter, and times after
 * which a try has failed. `adaptive` is not used: it slows all calls of a client for the sake of one that is throttled.
 * Credentials come from the SDK's own chain. Pass it to the client's constructor; clients are imported when first used.
 */
export function clientSettings(
  place: AwsPlace,
  service: AwsService,
): {
  readonly region: string
  readonly endpoint?: string
  readonly maxAttempts: number
  readonly retryMode: "standard"
  readonly requestHandler: object
} {
  const endpoint = place.endpoints[service] ?? null
  return {
    region: place.region,
    ...(endpoint === null ? {} : { endpoint }),
    maxAttempts: ATTEMPTS,
    retryMode: "standard",
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      // Without this the SDK only writes a warning and goes on waiting.
      throwOnRequestTimeout: true,
      httpsAgent: { maxSockets: SOCKETS },
      httpAgent: { maxSockets: SOCKETS },
    },
  }
}
