import { TylerError } from "../core/errors.ts"
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

/** AWS takes a slash anywhere; here names have one spelling, spec/names.md. */
export function invalidName(error: TylerError): AwsError {
  const characters = "Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
  const segments = "Slashes separate segments, none of which is empty, . or .."
  const bySegment = error.facts["fault"] === "empty_segment" || error.facts["fault"] === "dot_segment"
  return new AwsError("ValidationException", `Invalid name. ${bySegment ? segments : characters}`, error)
}
