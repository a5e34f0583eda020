/**
 * Staging labels. `current`, `previous` and `pending` are AWS's AWSCURRENT, AWSPREVIOUS and AWSPENDING; all others are a
 * caller's own. One version per label and secret.
 */
export const CURRENT = "current"
export const PREVIOUS = "previous"
export const PENDING = "pending"
