/**
 * Staging labels. `current` and `previous` are AWS's AWSCURRENT and AWSPREVIOUS. One version per label and secret.
 */
export const CURRENT = "current"
export const PREVIOUS = "previous"
