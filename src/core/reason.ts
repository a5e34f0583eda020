declare const reason: unique symbol
/** Why somebody asks: trimmed, 10 (deletion: 20) code points that are not control, separator or mark, at most 1,000. */
export type Reason = string & { readonly [reason]: true }

export const REASON_MIN = 10
export const DELETION_REASON_MIN = 20
export const REASON_MAX = 1000

const FORBIDDEN = /[\p{Cc}\p{Cs}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/u
const WEIGHTLESS = /[\p{C}\p{Z}\p{M}]/gu

export type ReasonFault = "too_short" | "too_long" | "control_character"
export type ReasonResult = { readonly reason: Reason } | { readonly fault: ReasonFault }

/** @param min code points that must remain once control, separator and mark characters are left out. */
export function parseReason(text: string, min: number = REASON_MIN): ReasonResult {
  if (PRINTABLE_ASCII.test(text)) return parsePlain(text.trim(), min)
  if (FORBIDDEN.test(text)) return { fault: "control_character" }
  const trimmed = text.trim()
  if (trimmed.length > REASON_MAX && codePoints(trimmed) > REASON_MAX) return { fault: "too_long" }
  const weight = codePoints(trimmed.replace(WEIGHTLESS, ""))
  return weight < min ? { fault: "too_short" } : { reason: trimmed as Reason }
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/

/** The same rules where only the space has no weight. */
function parsePlain(trimmed: string, min: number): ReasonResult {
  if (trimmed.length > REASON_MAX) return { fault: "too_long" }
  let weight = trimmed.length
  for (let at = trimmed.indexOf(" "); at !== -1; at = trimmed.indexOf(" ", at + 1)) weight--
  return weight < min ? { fault: "too_short" } : { reason: trimmed as Reason }
}

function codePoints(text: string): number {
  return Array.from(text).length
}
