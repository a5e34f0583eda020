import { foldName, nameLimit, parseName, type SecretName } from "../core/name.ts"

/** What of a store outside is ours: all below the prefix. */
export interface Below {
  /** Stands before every name there. */
  readonly prefix: string
}

export function fullNameOf({ prefix }: Below, name: SecretName): string {
  return `${prefix}/${name}`
}

/** Undefined: not below the prefix, or no name that policies could judge by. */
export function ourName({ prefix }: Below, fullName: string): SecretName | undefined {
  if (!fullName.startsWith(`${prefix}/`)) return undefined
  const parsed = parseName(fullName.slice(prefix.length + 1), nameLimit(prefix))
  return "name" in parsed ? parsed.name : undefined
}

/**
 * Of names found in the store those that cannot be governed: what is no name of ours, and all that differ from another
 * in case only, for patterns match in any case.
 */
export function oddNames(of: Below, fullNames: readonly string[]): readonly string[] {
  const below = fullNames.filter((one) => one.startsWith(`${of.prefix}/`))
  const folded = new Map<string, number>()
  for (const one of below) folded.set(foldName(one), (folded.get(foldName(one)) ?? 0) + 1)
  return below.filter((one) => ourName(of, one) === undefined || (folded.get(foldName(one)) ?? 0) > 1)
}
