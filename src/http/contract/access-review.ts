import { ReviewAnswer, ReviewBody, ReviewQuery, ReviewRecorded } from "../../api/access-review.ts"
import type { Contract } from "../contract.ts"

export const accessReviewContracts = {
  "GET /api/access-review": {
    query: ReviewQuery,
    answers: { 200: ReviewAnswer },
    note: "People, then programs, in order of name; `days` (90) is how long a right may go unused. A token's own limits are not told: they only take away.",
  },
  "POST /api/access-review": {
    body: ReviewBody,
    answers: { 201: ReviewRecorded },
    refuses: ["invalid_reason"],
    note: "Changes nobody: roles are taken and accounts disabled by `PATCH /api/users/{id}`. Each decision counts as what it has come to.",
  },
} satisfies Record<string, Contract>
