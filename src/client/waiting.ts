import type { PendingAnswer } from "../api/access-requests.ts"

/** A change that was not made yet: it waits for a second person, or for its day. */
export interface Waiting {
  readonly pending: PendingAnswer
}

/** Tells a 202 from an answer about what was made: no other answer names a request and when it takes effect. */
export function orWaiting<T extends object>(answer: T | PendingAnswer): T | Waiting {
  return "requestId" in answer && "effectiveAt" in answer ? { pending: answer } : answer
}
