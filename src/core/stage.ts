/**
 * Staging labels. `current`, `previous` and `pending` are AWS's AWSCURRENT, AWSPREVIOUS and AWSPENDING; any other
 * label is the user's own. One version per label and secret; at most 20 labels over all versions of a secret.
 */
export const CURRENT = "current"
export const PREVIOUS = "previous"
export const PENDING = "pending"

export const MAX_LABELS = 20
const LABEL = /^[A-Za-z0-9_+=.@-]{1,256}$/

/** A label as REST spells it: 1 to 256 of `[A-Za-z0-9_+=.@-]`. */
export function isLabel(text: string): boolean {
  return LABEL.test(text)
}
