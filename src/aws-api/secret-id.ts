import { TylerError } from "../core/errors.ts"
import { type NameFault, parseName, type SecretName } from "../core/name.ts"
import { AwsError } from "./errors.ts"
import type { Desk } from "./desk.ts"

export interface SecretRef {
  readonly name: SecretName
  /** What was asked for by its whole ARN, so that a name which was used again is not answered for it. */
  readonly arn: string | undefined
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

/** The name in a SecretId that may be none. */
export function namedIn(desk: Desk, text: string): SecretName | undefined {
  try {
    return secretRef(desk, text).name
  } catch {
    return undefined
  }
}

function nameOf({ place, service }: Desk, text: string): SecretName {
  const bare = text.startsWith(`${place.prefix}/`) ? text.slice(place.prefix.length + 1) : text
  const parsed = parseName(bare, service.settings.nameLimit)
  if ("name" in parsed) return parsed.name
  throw new AwsError("ValidationException", FAULTS[parsed.fault], new TylerError("invalid_name"))
}
