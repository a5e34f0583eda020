import { TylerError } from "../core/errors.ts"
import type { NameFault } from "../core/name.ts"
import type { Verb } from "../core/verb.ts"
import type { Named } from "../operations/secret.ts"
import { secretOfId } from "../operations/secret-id.ts"
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
