import { createHmac, hash } from "node:crypto"
import { TylerError } from "../../core/errors.ts"

/** The parameter of a URL that asks for this: the AWS Region of the database. */
export const IAM_PARAMETER = "aws-iam"

/** Until a token is used, in seconds; a connection that stands is not ended by it. */
const GOOD_FOR = 900

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

let provider: (() => Promise<Credentials>) | undefined

/**
 * The URL with a password in it that IAM makes, if it asks for one; any other as it is. RDS gives the role `rds_iam` such
 * tokens in place of a password. The SDK finds, keeps and renews the credentials, and is loaded with the first.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 * @throws TylerError `unavailable` with the cause `aws_credentials`
 */
export async function withIamToken(text: string): Promise<string> {
  const url = new URL(text)
  const region = url.searchParams.get(IAM_PARAMETER)
  if (region === null) return text
  url.searchParams.delete(IAM_PARAMETER)
  const place = { host: url.hostname, port: url.port || "5432", user: decodeURIComponent(url.username), region }
  url.password = encodeURIComponent(iamToken(await credentials(), place, Date.now()))
  return url.href
}

async function credentials(): Promise<Credentials> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node")
  try {
    return await (provider ??= defaultProvider())()
  } catch {
    throw new TylerError("unavailable", { cause: "aws_credentials" }, "postgres: no AWS credentials for a token")
  }
}

export interface DatabasePlace {
  readonly host: string
  readonly port: string
  readonly user: string
  readonly region: string
}

/**
 * A presigned request that is never sent: RDS reads it as a password (Signature Version 4, in the query).
 * @param now milliseconds since 1970 UTC
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function iamToken(of: Credentials, { host, port, user, region }: DatabasePlace, now: number): string {
  const date = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "")
  const scope = [date.slice(0, 8), region, "rds-db", "aws4_request"]
  const query = Object.entries({
    Action: "connect",
    DBUser: user,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": [of.accessKeyId, ...scope].join("/"),
    "X-Amz-Date": date,
    "X-Amz-Expires": `${GOOD_FOR}`,
    ...(of.sessionToken === undefined ? {} : { "X-Amz-Security-Token": of.sessionToken }),
    "X-Amz-SignedHeaders": "host",
  })
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join("&")
  const request = ["GET", "/", query, `host:${host}:${port}\n`, "host", hash("sha256", "")].join("\n")
  const text = ["AWS4-HMAC-SHA256", date, scope.join("/"), hash("sha256", request)].join("\n")
  const key = scope.reduce<Buffer>((from, part) => hmac(from, part), Buffer.from(`AWS4${of.secretAccessKey}`))
  return `${host}:${port}/?${query}&X-Amz-Signature=${hmac(key, text).toString("hex")}`
}

/** RFC 3986's unreserved characters stay; what encodeURIComponent leaves besides does not. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest()
}
