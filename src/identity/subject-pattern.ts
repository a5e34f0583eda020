/** Longest pattern of a subject, and longest subject that is looked at, in characters. */
export const SUBJECT_PATTERN_LIMIT = 512
export const SUBJECT_LIMIT = 1024

const SEPARATOR = /([:/])/
const PRINTABLE = /^[\x21-\x7e]+$/

/** One segment: literal before and after its `*`, or all literal; null: whatever remains. */
type Segment = { readonly before: string; readonly after: string | null } | null

/**
 * Pattern of a token's subject, such as `repo:acme/shop:ref:refs/heads/release-*`. Segments stand between `:` and `/`,
 * which only themselves match. In a segment one `*` stands for one or more characters of that segment. The last segment
 * may be `**`: all that remains, separators included, one character or more. The first segment is literal. Case counts.
 */
export interface SubjectPattern {
  /** Segments and, between them, separators. */
  readonly parts: readonly (Segment | ":" | "/")[]
}

/** Undefined: not a pattern (empty, over 512 characters, not printable ASCII, or a `*` where none may stand). */
export function parseSubjectPattern(text: string): SubjectPattern | undefined {
  if (text.length > SUBJECT_PATTERN_LIMIT || !PRINTABLE.test(text)) return undefined
  const pieces = text.split(SEPARATOR)
  const parts = pieces.map((piece, at) => {
    if (at % 2 === 1) return piece as ":" | "/"
    if (piece === "**" && at === pieces.length - 1) return null
    const [before = "", after = null, ...more] = piece.split("*")
    return more.length > 0 ? undefined : { before, after }
  })
  const [first] = parts
  if (typeof first !== "object" || first === null || first.before === "" || first.after !== null) return undefined
  return parts.includes(undefined) ? undefined : { parts: parts.filter((part) => part !== undefined) }
}

/** One walk over the subject, no backtracking. A subject of more than 1,024 characters matches nothing. */
export function subjectMatches({ parts }: SubjectPattern, subject: string): boolean {
  if (subject.length > SUBJECT_LIMIT) return false
  const pieces = subject.split(SEPARATOR)
  if (parts.at(-1) !== null) {
    return parts.length === pieces.length && parts.every((part, at) => partMatches(part ?? null, pieces[at] ?? ""))
  }
  const fixed = parts.slice(0, -1)
  const rest = pieces.slice(fixed.length).join("")
  return rest !== "" && fixed.every((part, at) => partMatches(part ?? null, pieces[at] ?? ""))
}

function partMatches(part: Segment | ":" | "/", piece: string): boolean {
  if (part === null) return piece !== ""
  if (typeof part === "string") return part === piece
  const { before, after } = part
  if (after === null) return piece === before
  return piece.length > before.length + after.length && piece.startsWith(before) && piece.endsWith(after)
}
