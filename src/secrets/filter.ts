import type { SecretRow } from "../state/rows.ts"

/** What a list of secrets can be narrowed by: the keys of AWS Secrets Manager's ListSecrets. */
export const FILTER_KEYS = [
  "description",
  "name",
  "tag-key",
  "tag-value",
  "primary-region",
  "owning-service",
  "all",
] as const
export type FilterKey = (typeof FILTER_KEYS)[number]

export interface Filter {
  readonly key: FilterKey
  /** One of them must match; one that starts with `!` matches what the rest of it does not. */
  readonly values: readonly string[]
}

type Filtered = Pick<SecretRow, "name" | "description" | "tags">
type Match = (text: string, value: string) => boolean

/**
 * What each key looks at, and how. Names and tags match by prefix and case; `description` and `all` by words, in any
 * case. The AWS reference says that a description matches by prefix; against the real service it does not.
 * No secret here is a replica or managed by a service, so that nothing matches those two keys.
 */
const ROWS: Readonly<Record<FilterKey, readonly [texts: (secret: Filtered) => readonly string[], match: Match]>> = {
  description: [({ description }) => [description], matchesWords],
  name: [({ name }) => [name], startsWith],
  "tag-key": [tagKeys, startsWith],
  "tag-value": [tagValues, startsWith],
  "primary-region": [() => [], startsWith],
  "owning-service": [() => [], startsWith],
  all: [(secret) => [secret.name, secret.description, ...tagKeys(secret), ...tagValues(secret)], matchesWords],
}

/** Whether a secret passes every filter. */
export function passes(secret: Filtered, filters: readonly Filter[]): boolean {
  return filters.every(({ key, values }) => values.some((value) => meets(secret, key, value)))
}

function meets(secret: Filtered, key: FilterKey, value: string): boolean {
  const [texts, match] = ROWS[key]
  const negated = value.startsWith("!")
  const sought = negated ? value.slice(1) : value
  return texts(secret).some((text) => match(text, sought)) !== negated
}

function startsWith(text: string, value: string): boolean {
  return text.startsWith(value)
}

/** Each word of the value begins some word of the text. A value without words matches nothing. */
function matchesWords(text: string, value: string): boolean {
  const sought = wordsOf(value)
  const words = wordsOf(text)
  return sought.length > 0 && sought.every((one) => words.some((word) => word.startsWith(one)))
}

const SEPARATORS = /[/\-_+=.@]/g

/**
 * Words as AWS finds them: at white space; at one kind of separator, while what has two kinds of them stays whole; and
 * before a character other than a-z that begins a run of a-z (`MyTest`, `a1bc`). In lower case.
 */
export function wordsOf(text: string): readonly string[] {
  return text
    .split(/\s+/)
    .flatMap(wordsIn)
    .filter((word) => word !== "")
}

function wordsIn(chunk: string): readonly string[] {
  const kinds = new Set(chunk.match(SEPARATORS))
  if (kinds.size > 1) return [chunk.toLowerCase()]
  return chunk
    .split(SEPARATORS)
    .flatMap((part) => part.split(/([^a-z][a-z]+)/))
    .map((word) => word.toLowerCase())
}

function tagKeys({ tags }: Filtered): readonly string[] {
  return (tags ?? []).map(({ Key }) => Key)
}

function tagValues({ tags }: Filtered): readonly string[] {
  return (tags ?? []).map(({ Value }) => Value)
}
