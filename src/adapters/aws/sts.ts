import { TylerError } from "../../core/errors.ts"
import { IAM_BODY, IAM_BODY_HASH, IAM_CONTENT_TYPE, SERVER_ID_HEADER, stsOrigin } from "../../core/iam-request.ts"
import type { IamCaller } from "../../identity/iam-principal.ts"
import type { IamProof } from "../../identity/iam-proof.ts"
import { readCallerIdentity, readErrorCode } from "./caller-identity.ts"
import { ANSWER_MS, type AwsPlace } from "./client.ts"

/** Longest answer, in bytes; what AWS says takes 400. */
const ANSWER_LIMIT = 65_536
/** Logins that may wait for STS at a time, whoever sends them. */
export const ASKING_MOST = 32

const THROTTLED: ReadonlySet<string> = new Set([
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
])

/**
 * Asks the Region's STS whose signature it is. Of what is sent a caller has chosen four header values, each of one bounded
 * line; host, path, method, body and all other headers are ours. No redirect is followed.
 */
export function stsCaller(place: AwsPlace): (proof: IamProof) => Promise<IamCaller | { readonly refused: string }> {
  const origin = place.endpoints.sts ?? stsOrigin(place.region)
  let asking = 0
  return async (proof) => {
    if (asking >= ASKING_MOST) throw new TylerError("busy", { cause: "sts" })
    asking++
    try {
      return await ask(origin, proof)
    } finally {
      asking--
    }
  }
}

async function ask(origin: string, proof: IamProof): Promise<IamCaller | { readonly refused: string }> {
  const { status, type, text } = await exchange(origin, proof)
  if (status === 200) {
    const caller = type === "text/xml" ? readCallerIdentity(text) : undefined
    if (caller === undefined) throw unavailable("sts_odd_answer", "answers in a way that is not known here")
    return caller
  }
  const code = readErrorCode(text)
  if (status === 429 || THROTTLED.has(code)) throw unavailable("sts_throttled", "says that it is asked too often")
  if (status === 400 || status === 401 || status === 403) return { refused: code }
  throw unavailable(status >= 500 ? "sts_unreachable" : "sts_odd_answer", `answers with status ${status}`)
}

async function exchange(
  origin: string,
  proof: IamProof,
): Promise<{ readonly status: number; readonly type: string; readonly text: string }> {
  try {
    const answer = await fetch(`${origin}/`, {
      method: "POST",
      redirect: "manual",
      headers: headersOf(proof),
      body: IAM_BODY,
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? ""
    return { status: answer.status, type, text: await bounded(answer) }
  } catch (error) {
    if (error instanceof TylerError) throw error
    throw unavailable("sts_unreachable", "cannot be reached or does not answer in time")
  }
}

function headersOf(proof: IamProof): Record<string, string> {
  return {
    authorization: proof.authorization,
    "x-amz-date": proof.amzDate,
    [SERVER_ID_HEADER]: proof.serverId,
    ...(proof.securityToken === null ? {} : { "x-amz-security-token": proof.securityToken }),
    ...(proof.signedHeaders.includes("x-amz-content-sha256") ? { "x-amz-content-sha256": IAM_BODY_HASH } : {}),
    "content-type": IAM_CONTENT_TYPE,
    accept: "text/xml",
    "accept-encoding": "identity",
  }
}

async function bounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > ANSWER_LIMIT) throw unavailable("sts_odd_answer", "answers at too great a length")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

function unavailable(cause: string, what: string): TylerError {
  return new TylerError("unavailable", { cause, error: "AWS cannot say now whose signature it is" }, `STS ${what}`)
}
