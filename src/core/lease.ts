/** Bounds of grants, as the wire and the verbs hold to them. */

/** Most uses that one grant may be asked for. */
export const LEASE_USES_MAX = 1000
/** Longest break-glass window, minutes. */
export const WINDOW_MINUTES_MAX = 60
/** Secrets that one request, one step-up token or one break-glass window is about. */
export const TARGETS_MAX = 50
