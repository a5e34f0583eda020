import { type NameFault, nameLimit, parseName, type SecretName } from "../../core/name.ts"

/** What the longest prefix that a server uses leaves; the server itself has the last word. */
const LIMIT = nameLimit("tyler-setup")

const TEXTS: Readonly<Record<NameFault, string>> = {
  empty: "the name is empty",
  too_long: `the name is longer than ${LIMIT} characters`,
  empty_segment: "the name has an empty part between slashes",
  dot_segment: "the name has a part that is . or ..",
  bad_character: "the name has a character that is none of A-Z a-z 0-9 _ + = . @ - and /",
}

export type Fit = { readonly name: SecretName } | { readonly why: string; readonly fits: SecretName | undefined }

/** A name by the rules of spec/names.md, or why it is none and the nearest one that is. */
export function fitName(text: string): Fit {
  const parsed = parseName(text, LIMIT)
  if ("name" in parsed) return parsed
  return { why: TEXTS[parsed.fault], fits: nearest(text) }
}

/**
 * One rule, the same every time: each run of characters that no name has becomes one hyphen; parts that are empty, `.` or
 * `..` are left out. Undefined if a part loses its last letter or digit that way, or if nothing is left, or too much.
 */
function nearest(text: string): SecretName | undefined {
  const parts = text.split("/").filter((part) => !/^\.{0,2}$/.test(part))
  const changed = parts.map((part) => part.replace(/[^A-Za-z0-9_+=.@-]+/g, "-"))
  if (changed.some((part, at) => part !== parts[at] && !/[A-Za-z0-9]/.test(part))) return undefined
  const parsed = parseName(changed.join("/"), LIMIT)
  return "name" in parsed ? parsed.name : undefined
}
