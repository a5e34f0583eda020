import type { Static } from "../api/schema.ts"
import { TylerError } from "../core/errors.ts"
import { parseRequestToken, type VersionId } from "../core/version.ts"
import { encodeValue } from "../operations/value.ts"
import type { Tag } from "../state/rows.ts"
import { AwsError } from "./errors.ts"
import type { members, Tags, ValueMembers } from "./fields.ts"

type Valued = Static<ReturnType<typeof members<typeof ValueMembers>>>

/** The token of a write, which SDKs make up by themselves. @throws AwsError `InvalidRequestException` without one */
export function requestToken({ ClientRequestToken: token }: Valued): VersionId {
  if (token === undefined)
    throw new AwsError(
      "InvalidRequestException",
      "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
    )
  return versionIdIn("ClientRequestToken", token)
}

/** @throws AwsError `InvalidParameterException` for characters that no version id here has */
export function versionIdIn(member: string, text: string): VersionId {
  const id = parseRequestToken(text)
  if (id === undefined)
    throw new AwsError("InvalidParameterException", `${member} must be 32 to 64 printable ASCII characters.`)
  return id
}

/** The value in its stored form; null without one. */
export function valueIn({ SecretString: text, SecretBinary: base64 }: Valued): Buffer | null {
  if (text !== undefined && base64 !== undefined)
    throw new AwsError(
      "InvalidParameterException",
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    )
  if (base64 !== undefined) return encodeValue({ valueBase64: base64 })
  return text === undefined ? null : encodeValue({ value: text })
}

/** What `aws:` begins is AWS's own. @throws AwsError `InvalidParameterException` */
export function tagsIn(tags: Tags): Tag[] {
  return tags.map(({ Key, Value = "" }) => {
    if (Key.toLowerCase().startsWith("aws:"))
      throw new AwsError("InvalidParameterException", "A tag key must not begin with aws:, which is reserved.")
    return { Key, Value }
  })
}

/** Spellings of "no key of my own". */
const MANAGED: ReadonlySet<string | undefined> = new Set([undefined, "", "alias/aws/secretsmanager"])

/** The key that a new secret is asked to be under; whether it may, and can, is the store's to say. Undefined: none. */
export function kmsKeyIn(keyId: string | undefined): string | undefined {
  return MANAGED.has(keyId) ? undefined : keyId
}

/** @throws AwsError `InvalidParameterException`: a key that would not be used is not written down as if it were */
export function refuseKmsKey(keyId: string | undefined): void {
  if (MANAGED.has(keyId)) return
  const text = "KmsKeyId cannot be changed here: a secret keeps the key that it was made with."
  throw new AwsError("InvalidParameterException", text)
}

/** @throws AwsError `InvalidParameterException` */
export function refuseReplicas(regions: readonly unknown[] | undefined): void {
  if (regions === undefined || regions.length === 0) return
  throw new AwsError("InvalidParameterException", NO_REPLICATION)
}

export const NO_REPLICATION = "This server keeps secrets in one Region and does not replicate them."

/** The same refusal in AWS's words where an operation has some of its own. */
export async function inWordsOf<T>(
  words: Readonly<Partial<Record<string, (error: TylerError) => AwsError>>>,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw error instanceof TylerError ? (words[error.code]?.(error) ?? error) : error
  }
}

/** Of a write whose token stands for another value. */
export function tokenUsed(token: string): (error: TylerError) => AwsError {
  return (error) => {
    const arn = typeof error.facts["arn"] === "string" ? error.facts["arn"] : ""
    const text = `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`
    return new AwsError("ResourceExistsException", text, error)
  }
}
