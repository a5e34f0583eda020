/** Reserved: the row that supplies roles when no other row names any. */
export const UNMATCHED = "**"
/** Most characters of a pattern; the longest name is shorter. */
export const PATTERN_LIMIT = 512

const SEGMENT = /^[A-Za-z0-9_+=.@-]+$/

/**
 * A compiled pattern. A final `*` stands for everything below, at any depth; any other `*` for one whole segment.
 * Spec: spec/policy.md.
 */
export interface Pattern {
  readonly text: string
  /** Folded segments; null is a `*`. */
  readonly segments: readonly (string | null)[]
  /** The last segment is `*` and stands for one or more. */
  readonly open: boolean
  /** Literal segments before the first `*`. */
  readonly specificity: number
}

export type PatternFault = "empty" | "too_long" | "bad_segment"

/** A `*` inside a segment (`db*`), `**` in company and whatever no name could hold are `bad_segment`. */
export function parsePattern(text: string): { readonly pattern: Pattern } | { readonly fault: PatternFault } {
  if (text === "") return { fault: "empty" }
  if (text.length > PATTERN_LIMIT) return { fault: "too_long" }
  if (text === UNMATCHED) return { pattern: { text, segments: [], open: true, specificity: 0 } }
  const segments: (string | null)[] = []
  for (const segment of text.split("/")) {
    if (segment === "*") segments.push(null)
    else if (segment === "." || segment === ".." || !SEGMENT.test(segment)) return { fault: "bad_segment" }
    else segments.push(segment.toLowerCase())
  }
  const star = segments.indexOf(null)
  const specificity = star === -1 ? segments.length : star
  return { pattern: { text, segments, open: segments.at(-1) === null, specificity } }
}

/** Literal segments before the first `*`. */
export function specificity(pattern: Pattern): number {
  return pattern.specificity
}

/** One pass over the segments, no backtracking. @param name in ASCII lower case (`foldName`), split at `/`. */
export function matches({ segments, open }: Pattern, name: readonly string[]): boolean {
  if (open ? name.length < segments.length : name.length !== segments.length) return false
  return segments.every((segment, at) => segment === null || segment === name[at])
}
