/**
 * Whether every engine keeps this text as it is: PostgreSQL's has no U+0000, and UTF-8 has no half of a surrogate pair,
 * which would come back as U+FFFD.
 */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed()
}
