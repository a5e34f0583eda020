import { TylerError } from "../core/errors.ts"
import { type NameFault, parseName, type SecretName } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import type { Named } from "../operations/secret.ts"
import { secretOfId, withoutPrefix } from "../operations/secret-id.ts"
import type { Caller } from "../operations/service.ts"
import type { Desk } from "./desk.ts"
import { AwsError } from "./errors.ts"

/** The secret that a SecretId means. @throws AwsError `ValidationException` for what no secret can be called */
export async function secretRef(desk: Desk, caller: Caller, verb: Verb, text: string): Promise<Named> {
  try {
    return await secretOfId(desk.service, caller, verb, text)
  } catch (error) {
    throw error instanceof TylerError && error.code === "invalid_name" ? invalidName(error) : error
  }
}

const CHARACTERS =
  "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"

/** The first is AWS's; the others are of names that AWS would take and nothing here can have. */
const FAULTS: Readonly<Record<NameFault, string>> = {
  bad_character: CHARACTERS,
  empty: CHARACTERS,
  too_long: "Invalid name. It is too long: with the prefix a name has 512 characters at most",
  empty_segment: "Invalid name. It has an empty segment between slashes",
  dot_segment: "Invalid name. A segment between slashes must not be . or ..",
}

export function invalidName(error: TylerError): AwsError {
  return new AwsError("ValidationException", FAULTS[error.facts["fault"] as NameFault], error)
}

/** Where a person asks for what a program was refused. @param id a SecretId, or whatever was sent for one */
export function requestUrl(desk: Desk, id: unknown): string {
  const name = typeof id === "string" ? namedIn(desk, id) : undefined
  const secret = name === undefined ? "" : `?${new URLSearchParams({ secret: name }).toString()}`
  return `${desk.publicUrl}/request${secret}`
}

/** The name in a SecretId that may be none; of an ARN, whatever its last seven characters are. */
function namedIn({ service }: Desk, id: string): SecretName | undefined {
  const name = id.startsWith("arn:") ? id.replace(/^.*:secret:/, "").replace(/-[A-Za-z0-9]{6}$/, "") : id
  const parsed = parseName(withoutPrefix(service, name), service.settings.nameLimit)
  return "name" in parsed ? parsed.name : undefined
}
