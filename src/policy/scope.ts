import { foldName, type SecretName } from "../core/name.ts"
import type { TokenScope } from "../core/principal.ts"
import { isVerb, type Verb } from "../core/verb.ts"
import { matches, type Pattern, parsePattern, UNMATCHED } from "./pattern.ts"

/** Most patterns in one scope. */
export const SCOPE_PATTERNS_MAX = 20

/** A scope's patterns, parsed once for as long as its principal is held. */
const parsed = new WeakMap<TokenScope, readonly Pattern[]>()

/**
 * Judges what a caller says a token should be limited to: 1 to 20 different patterns, each of which can match (so not
 * `**`), and at least one verb. Undefined: it is not that.
 */
export function parseScope(secrets: readonly string[], verbs: readonly string[]): TokenScope | undefined {
  const good =
    within(secrets, SCOPE_PATTERNS_MAX) &&
    secrets.every((text) => text !== UNMATCHED && "pattern" in parsePattern(text)) &&
    within(verbs, Number.POSITIVE_INFINITY) &&
    verbs.every(isVerb)
  return good ? { secrets, verbs: verbs.filter(isVerb) } : undefined
}

function within(list: readonly string[], most: number): boolean {
  return list.length >= 1 && list.length <= most && new Set(list).size === list.length
}

/** Whether a token of this scope may be used for it. A pattern that does not parse matches nothing. */
export function scopeCovers(scope: TokenScope, verb: Verb, name: SecretName): boolean {
  if (!scope.verbs.includes(verb)) return false
  const segments = foldName(name).split("/")
  return patternsOf(scope).some((pattern) => matches(pattern, segments))
}

function patternsOf(scope: TokenScope): readonly Pattern[] {
  const known = parsed.get(scope)
  if (known !== undefined) return known
  const patterns = scope.secrets
    .filter((text) => text !== UNMATCHED)
    .map(parsePattern)
    .flatMap((one) => ("pattern" in one ? [one.pattern] : []))
  parsed.set(scope, patterns)
  return patterns
}
