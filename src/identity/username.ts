/** Longest name of a person or program, in characters. */
export const USERNAME_LIMIT = 128
const USERNAME = /^[a-z0-9](?:[a-z0-9._@+-]*[a-z0-9])?$/

export type UsernameFault = "empty" | "too_long" | "bad_character"

/**
 * A name in its one canonical spelling, made once before any look-up or counter: NFKC, trimmed, lower case. ASCII only,
 * so that no look-alike exists. Creation additionally refuses anything not already canonical.
 */
export function parseUsername(text: string): { readonly name: string } | { readonly fault: UsernameFault } {
  if (text.length > USERNAME_LIMIT * 4) return { fault: "too_long" }
  const name = text.normalize("NFKC").trim().toLowerCase()
  if (name === "") return { fault: "empty" }
  if (name.length > USERNAME_LIMIT) return { fault: "too_long" }
  return USERNAME.test(name) ? { name } : { fault: "bad_character" }
}
