import { foldName, nameLimit, parseName, type SecretName } from "../../core/name.ts"
import type { OutsideStore } from "../../secrets/outside.ts"

/** The store outside, and what of it is ours. */
export interface Outside {
  readonly store: OutsideStore
  /** Stands before every name there. */
  readonly prefix: string
  /** Values are sealed before they go there; what is found as it is, is read as it is. */
  readonly encrypt: boolean
  /** What the tag `Environment` says. */
  readonly environment: string
  /** Keys that a creation may name beside the store's usual one. */
  readonly kmsKeys: readonly string[]
}

export function fullNameOf({ prefix }: Pick<Outside, "prefix">, name: SecretName): string {
  return `${prefix}/${name}`
}

/** `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX`; the suffix is known only once the secret is there. */
const ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:(.+)-[A-Za-z0-9]{6}$/

/** What seals of a secret are bound to: its id, or the full name of one outside, whose id is its ARN. */
export function boundTo(secretId: string): string {
  return ARN.exec(secretId)?.[1] ?? secretId
}

/** Undefined: not below the prefix, or no name that policies could judge by. */
export function ourName({ prefix }: Pick<Outside, "prefix">, fullName: string): SecretName | undefined {
  if (!fullName.startsWith(`${prefix}/`)) return undefined
  const parsed = parseName(fullName.slice(prefix.length + 1), nameLimit(prefix))
  return "name" in parsed ? parsed.name : undefined
}

/**
 * Of names found in the store those that cannot be governed: what is no name of ours, and all that differ from another
 * in case only, for patterns match in any case.
 */
export function oddNames(of: Pick<Outside, "prefix">, fullNames: readonly string[]): readonly string[] {
  const below = fullNames.filter((one) => one.startsWith(`${of.prefix}/`))
  const folded = new Map<string, number>()
  for (const one of below) folded.set(foldName(one), (folded.get(foldName(one)) ?? 0) + 1)
  return below.filter((one) => ourName(of, one) === undefined || (folded.get(foldName(one)) ?? 0) > 1)
}
