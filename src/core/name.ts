declare const secretName: unique symbol
/**
 * A secret's one canonical spelling, prefix not included: segments of `[A-Za-z0-9_+=.@-]` joined by `/`, no empty,
 * `.` or `..` segment. The same string serves policy, storage, cache, quota and audit. Spec: spec/names.md.
 */
export type SecretName = string & { readonly [secretName]: true }

/** AWS Secrets Manager's bound on a full name, in bytes; ours is ASCII, so characters are bytes. */
const AWS_NAME_LIMIT = 512
const SEGMENT = /^[A-Za-z0-9_+=.@-]+$/

export type NameFault = "empty" | "too_long" | "empty_segment" | "dot_segment" | "bad_character"
export type NameResult = { readonly name: SecretName } | { readonly fault: NameFault }

/** The longest name that still fits AWS once `prefix/` stands before it. */
export function nameLimit(prefix: string): number {
  return AWS_NAME_LIMIT - prefix.length - 1
}

/** Odd spellings are refused, never repaired. */
export function parseName(text: string, limit: number): NameResult {
  if (text.length === 0) return { fault: "empty" }
  if (text.length > limit) return { fault: "too_long" }
  for (const segment of text.split("/")) {
    if (segment === "") return { fault: "empty_segment" }
    if (segment === "." || segment === "..") return { fault: "dot_segment" }
    if (!SEGMENT.test(segment)) return { fault: "bad_character" }
  }
  return { name: text as SecretName }
}

/** ASCII lower case: what patterns match on and what must be unique. Lookup itself does not fold. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** The first of at least two segments, or undefined. */
export function categoryOf(name: SecretName): string | undefined {
  const slash = name.indexOf("/")
  return slash === -1 ? undefined : name.slice(0, slash)
}
