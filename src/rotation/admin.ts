import { invalid, objectOf } from "./secret-json.ts"

/**
 * What a secret names as `masterarn`: an ARN or a name.
 * @returns undefined where it names none
 * @throws RotationFault `secret_invalid`
 */
export function adminNamed(current: string): string | undefined {
  const named = objectOf(current)["masterarn"]
  if (named === undefined) return undefined
  if (typeof named !== "string" || named === "" || named.length > 2048)
    throw invalid("masterarn", "is no name and no ARN of a secret")
  return named
}
