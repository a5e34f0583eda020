import { TylerError } from "../core/errors.ts"
<<<<<<< HEAD
import type { Verb } from "../core/verb.ts"
import type { Named } from "../operations/secret.ts"
import { secretOfId } from "../operations/secret-id.ts"
import type { Caller } from "../operations/service.ts"
=======
import { type NameFault, parseName, type SecretName } from "../core/name.ts"
import { AwsError } from "./errors.ts"
>>>>>>> ba8c3cda7fc80c134cb3df63b477bdf2f9f6640c
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

<<<<<<< HEAD
/** AWS takes a slash anywhere; here names have one spelling, spec/names.md. */
export function invalidName(error: TylerError): AwsError {
  const characters = "Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
  const segments = "Slashes separate segments, none of which is empty, . or .."
  const bySegment = error.facts["fault"] === "empty_segment" || error.facts["fault"] === "dot_segment"
  return new AwsError("ValidationException", `Invalid name. ${bySegment ? segments : characters}`, error)
=======
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

const ARN = /^arn:[^:]*:secretsmanager:([^:]*):([^:]*):secret:(.+)$/
const SUFFIX = /-[A-Za-z0-9]{6}$/

/**
 * A SecretId: a name, with or without the prefix, or an ARN with its six random characters.
 * @throws AwsError `ResourceNotFoundException` for another Region's or account's, `ValidationException` for no name
 */
export function secretRef(desk: Desk, text: string): SecretRef {
  if (!text.startsWith("arn:")) return { name: nameOf(desk, text), arn: undefined }
  const [, region, account, full = ""] = ARN.exec(text) ?? []
  const { place } = desk
  if (region !== place.region || account !== place.account || !full.startsWith(`${place.prefix}/`))
    throw new TylerError("not_found")
  return { name: nameOf(desk, full.replace(SUFFIX, "")), arn: text }
}

function nameOf({ place, service }: Desk, text: string): SecretName {
  const bare = text.startsWith(`${place.prefix}/`) ? text.slice(place.prefix.length + 1) : text
  const parsed = parseName(bare, service.settings.nameLimit)
  if ("name" in parsed) return parsed.name
  throw new AwsError("ValidationException", FAULTS[parsed.fault], new TylerError("invalid_name"))
>>>>>>> ba8c3cda7fc80c134cb3df63b477bdf2f9f6640c
}
