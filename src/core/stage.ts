/**
 * Staging labels. `current`, `previous` and `pending` are AWS's AWSCURRENT, AWSPREVIOUS and AWSPENDING; all others are a
 * caller's own. One version per label and secret.
 */
export const CURRENT = "current"
export const PREVIOUS = "previous"
export const PENDING = "pending"

/**
 * In AWS a version carries it until it is current; each new one takes it from the last, so it never uses up AWS's 20
 * labels. Nobody else is shown it.
 */
export const STAGED = "tyler-staged"
