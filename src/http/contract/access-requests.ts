import {
  AccessRequestBody,
  ApproveBody,
  BreakGlassBody,
  DecidedAnswer,
  DecisionBody,
  GrantsAnswer,
  RequestItem,
  RequestsAnswer,
  RequestsQuery,
} from "../../api/access-requests.ts"
import { Message } from "../../api/fields.ts"
import type { Contract } from "../contract.ts"

const TARGETS = [
  "invalid_name",
  "invalid_reason",
  "not_found",
  "secret_pending_deletion",
  "verification_required",
] as const
const ONE = ["not_found", "row_tampered", "request_closed"] as const

export const accessRequestContracts = {
  "POST /api/access-requests": {
    body: AccessRequestBody,
    answers: { 201: RequestItem },
    refuses: [...TARGETS, "approval_not_needed"],
    note: "With x-verification-token for the same verb and secrets the second factor stands for the grant's lifetime.",
  },
  "GET /api/access-requests": { query: RequestsQuery, answers: { 200: RequestsAnswer } },
  "GET /api/access-requests/:id": { answers: { 200: RequestItem }, refuses: ["not_found", "row_tampered"] },
  "POST /api/access-requests/:id/approve": {
    body: ApproveBody,
    bodyOptional: true,
    answers: { 200: DecidedAnswer },
    refuses: [...ONE, "already_decided", "verification_required", "verification_failed"],
    note: "Who has a passkey signs (challenge with purpose `approve`); who has an app shows a code.",
  },
  "POST /api/access-requests/:id/deny": {
    body: DecisionBody,
    answers: { 200: DecidedAnswer },
    refuses: [...ONE, "already_decided", "invalid_reason"],
  },
  "POST /api/access-requests/:id/cancel": { answers: { 200: RequestItem }, refuses: ONE },
  "POST /api/access-requests/:id/review": {
    body: DecisionBody,
    answers: { 200: RequestItem },
    refuses: [...ONE, "invalid_reason"],
    note: "Of a break-glass window, after its end, by another person.",
  },
  "GET /api/grants": { answers: { 200: GrantsAnswer } },
  "DELETE /api/grants/:id": { answers: { 200: Message }, refuses: ["not_found", "row_tampered"] },
  "POST /api/break-glass": {
    body: BreakGlassBody,
    answers: { 201: DecidedAnswer },
    refuses: [...TARGETS, "row_tampered"],
    note: "Named people only, with x-verification-token for `govern`. Everybody who could have approved is told.",
  },
} satisfies Record<string, Contract>
