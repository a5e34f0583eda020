import type { ReviewAnswer, ReviewBody, ReviewRecorded } from "../api/access-review.ts"
import { queryText } from "./address.ts"
import type { Caller } from "./caller.ts"
import type { Reasoned } from "./secrets.ts"

/** For admins and auditors. */
export interface AccessReview {
  /** People, then programs, in order of name; `nextCursor` says whether there are more. */
  page(options?: { readonly days?: number; readonly limit?: number; readonly cursor?: string }): Promise<ReviewAnswer>
  /** That a review took place. Changes nobody. */
  record(review: Omit<ReviewBody, "reason"> & Reasoned): Promise<ReviewRecorded>
}

export function accessReviewOf(caller: Caller): AccessReview {
  const path = "/api/access-review"
  return {
    page: (options = {}) => caller.read(path + queryText({ ...options })),
    record: async ({ reason, ...review }) => caller.send("POST", path, { ...review, reason: caller.reason(reason) }),
  }
}
