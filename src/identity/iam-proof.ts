import { hash } from "node:crypto"
import { SERVER_ID_HEADER } from "../core/iam-request.ts"

/** What a caller sends of the request that he has signed; all else of it is known beforehand. */
export interface IamFields {
  readonly authorization: string
  readonly amzDate: string
  readonly securityToken: string | null
  readonly serverId: string
}

export interface IamProof extends IamFields {
  readonly accessKeyId: string
  /** Lower case, in order, each once. */
  readonly signedHeaders: readonly string[]
  /** Milliseconds since 1970 UTC. */
  readonly signedAt: number
  /** Over the signature, of which there is one spelling. 32 bytes. */
  readonly id: Buffer
}

/** How far a signature's time and ours may differ. AWS says five minutes too; it may bear more. */
export const IAM_SKEW_MS = 300_000
/** How long a used signature is remembered: longer than any that passes can still be good. */
export const IAM_REMEMBERED_MS = 900_000

/** Letter for letter as the SDKs write it: one spelling, so that nothing can be read in two ways. */
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]{16,128})\/(\d{8})\/([a-z0-9-]{1,32})\/([a-z0-9-]{1,32})\/aws4_request, SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+){0,15}), Signature=([0-9a-f]{64})$/

const NEEDED = ["host", "x-amz-date", SERVER_ID_HEADER]
/** Whatever else somebody had signed, we would not send, and must not: a header can change what is asked and answered. */
const ALLOWED: ReadonlySet<string> = new Set([
  ...NEEDED,
  "content-length",
  "content-type",
  "x-amz-content-sha256",
  "x-amz-security-token",
])

export interface IamExpected {
  readonly region: string
  readonly serverId: string
  /** Milliseconds since 1970 UTC. */
  readonly now: number
}

/** What is wrong with a proof before AWS is asked; the caller may know: it is about what he sent, and nobody's secret. */
export interface IamFault {
  readonly field: "authorization" | "amzDate" | "securityToken" | "serverId"
  readonly fault: string
}

export function readIamProof(fields: IamFields, expected: IamExpected): IamProof | IamFault {
  const [, accessKeyId = "", date, region, service, headers = "", signature] =
    AUTHORIZATION.exec(fields.authorization) ?? []
  if (signature === undefined)
    return wrong("authorization", "must be AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...")
  if (region !== expected.region || service !== "sts")
    return wrong("authorization", `must be signed for sts in ${expected.region}`)
  const signedHeaders = headers.split(";")
  const headerFault = judgeHeaders(signedHeaders, fields.securityToken)
  if (headerFault !== undefined) return headerFault
  const signedAt = timeOf(fields.amzDate)
  if (signedAt === undefined) return wrong("amzDate", "must be a time such as 20261127T120000Z")
  if (fields.amzDate.slice(0, 8) !== date) return wrong("authorization", "names another day than amzDate")
  if (Math.abs(expected.now - signedAt) > IAM_SKEW_MS)
    return wrong("amzDate", "is more than 5 minutes from the server's clock")
  if (fields.serverId !== expected.serverId) return wrong("serverId", `must be ${expected.serverId}`)
  const id = hash("sha256", `iam-signature ${signature}`, "buffer")
  return { ...fields, accessKeyId, signedHeaders, signedAt, id }
}

function judgeHeaders(signed: readonly string[], token: string | null): IamFault | undefined {
  if (signed.some((name, at) => at > 0 && name <= (signed[at - 1] ?? "")))
    return wrong("authorization", "must name its signed headers in order, each once")
  const odd = signed.find((name) => !ALLOWED.has(name))
  if (odd !== undefined) return wrong("authorization", `must not sign the header ${odd.slice(0, 40)}`)
  const missing = NEEDED.find((name) => !signed.includes(name))
  if (missing !== undefined) return wrong("authorization", `must sign the header ${missing}`)
  if (signed.includes("x-amz-security-token") !== (token !== null))
    return wrong("securityToken", "must be signed if it is there, and there if it is signed")
  return undefined
}

function wrong(field: IamFault["field"], fault: string): IamFault {
  return { field, fault }
}

const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** ISO 8601, basic. Undefined for a day or an hour that there is not. */
function timeOf(text: string): number | undefined {
  const iso = text.replace(TIME, "$1-$2-$3T$4:$5:$6.000Z")
  const time = iso === text ? Number.NaN : Date.parse(iso)
  return Number.isNaN(time) || new Date(time).toISOString() !== iso ? undefined : time
}
