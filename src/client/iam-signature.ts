import { createHmac, hash } from "node:crypto"
import { IAM_BODY_HASH, IAM_CONTENT_TYPE, SERVER_ID_HEADER, stsOrigin } from "../core/iam-request.ts"
import type { IamLoginBody } from "../api/iam.ts"

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface Signing {
  /** The server's AWS Region. */
  readonly region: string
  /** The host of the server's PUBLIC_URL, with its port if it has one. */
  readonly serverId: string
  /** Milliseconds since 1970 UTC. */
  readonly now: number
  /** Where the server asks STS, if not at the Region's own address. */
  readonly stsEndpoint?: string | undefined
}

/**
 * Signs the one request by which AWS tells the server who we are (Signature Version 4). Its method, path and body never
 * change, so this is all of the algorithm that is needed. The credentials stay here; what is answered is good once.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signIdentity(credentials: AwsCredentials, signing: Signing): IamLoginBody {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const { region, serverId, now, stsEndpoint = stsOrigin(signing.region) } = signing
  const amzDate = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "")
  const headers = [
    ["content-type", IAM_CONTENT_TYPE],
    ["host", new URL(stsEndpoint).host],
    ["x-amz-date", amzDate],
    ...(sessionToken === undefined ? [] : [["x-amz-security-token", sessionToken]]),
    [SERVER_ID_HEADER, serverId],
  ]
  const names = headers.map(([name]) => name).join(";")
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("")
  const request = ["POST", "/", "", lines, names, IAM_BODY_HASH].join("\n")
  const scope = [amzDate.slice(0, 8), region, "sts", "aws4_request"]
  const text = ["AWS4-HMAC-SHA256", amzDate, scope.join("/"), hash("sha256", request)].join("\n")
  const key = scope.reduce<Buffer>((from, part) => hmac(from, part), Buffer.from(`AWS4${secretAccessKey}`))
  const signature = hmac(key, text).toString("hex")
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join("/")}, SignedHeaders=${names}, Signature=${signature}`,
    amzDate,
    ...(sessionToken === undefined ? {} : { securityToken: sessionToken }),
    serverId,
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest()
}
