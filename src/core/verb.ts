/** Everything that can be asked of a secret. A closed list: policy rows, routes, grants and entries speak only these. */
export const VERBS = [
  "list",
  "read",
  "reveal",
  "create",
  "write",
  "delete",
  "restore",
  "rotate",
  "purge",
  "audit",
] as const

export type Verb = (typeof VERBS)[number]

export function isVerb(text: string): text is Verb {
  return (VERBS as readonly string[]).includes(text)
}
