import type { IamCaller } from "../../identity/iam-principal.ts"

const TEXT = "[^<>&]{1,2048}"
const FIELD = `<(?:Arn|UserId|Account)>${TEXT}</(?:Arn|UserId|Account)>`
const ANSWER = new RegExp(
  `^(?:<\\?xml version="1\\.0"(?: encoding="(?:UTF-8|utf-8)")?\\?>)?\\s*` +
    `<GetCallerIdentityResponse xmlns="https://sts\\.amazonaws\\.com/doc/2011-06-15/">\\s*` +
    `<GetCallerIdentityResult>((?:\\s*${FIELD}){3})\\s*</GetCallerIdentityResult>\\s*` +
    `<ResponseMetadata>\\s*<RequestId>${TEXT}</RequestId>\\s*</ResponseMetadata>\\s*` +
    `</GetCallerIdentityResponse>\\s*$`,
)

/**
 * Reads exactly the document that GetCallerIdentity answers, from its first byte to its last. There is no parser to be
 * confused: no DOCTYPE, entity, comment, CDATA, attribute, other element or second of one is part of it. Undefined: it
 * is anything else. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function readCallerIdentity(text: string): IamCaller | undefined {
  const fields = new Map<string, string>()
  for (const [, open = "", value = "", close] of (ANSWER.exec(text)?.[1] ?? "").matchAll(
    /<([A-Za-z]+)>([^<>&]*)<\/([A-Za-z]+)>/g,
  )) {
    if (open !== close || fields.has(open)) return undefined
    fields.set(open, value)
  }
  const [arn, account] = [fields.get("Arn"), fields.get("Account")]
  if (arn === undefined || account === undefined || !/^\d{12}$/.test(account)) return undefined
  return fields.has("UserId") ? { arn, account } : undefined
}

/** The code of a refusal, for the log; what AWS says beside it is not read. */
export function readErrorCode(text: string): string {
  return /<Error>(?:\s*<Type>[A-Za-z]{1,20}<\/Type>)?\s*<Code>([A-Za-z.]{1,64})<\/Code>/.exec(text)?.[1] ?? "none"
}
