import { AccessAnswer, AccessBody, BatchAnswer, BatchBody } from "../../api/access.ts"
import { CreateBody, ListAnswer, ListQuery, WrittenAnswer } from "../../api/secrets.ts"
import type { Contract } from "../contract.ts"

export const secretContracts = {
  "GET /api/secrets": {
    query: ListQuery,
    answers: { 200: ListAnswer },
    note: "`total` counts the items of this answer; `nextCursor` says whether there is more, on an empty page too.",
  },
  "POST /api/secrets": {
    body: CreateBody,
    keyed: true,
    answers: { 201: WrittenAnswer },
    refuses: [
      "invalid_name",
      "ambiguous_name",
      "value_too_large",
      "secret_exists",
      "secret_pending_deletion",
      "idempotency_mismatch",
    ],
    note: "Exactly one of `value` and `valueBase64`. With `category` the name is `category/name`; a new name needs one.",
  },
  "POST /api/secrets/access": {
    body: BatchBody,
    answers: { 200: BatchAnswer },
    refuses: ["invalid_name", "invalid_reason"],
    note: "Each name is answered or refused for itself, in order; each counts against the limits once.",
  },
  "POST /api/secrets/{name}/access": {
    body: AccessBody,
    answers: { 200: AccessAnswer },
    refuses: [
      "invalid_reason",
      "not_found",
      "secret_pending_deletion",
      "approval_required",
      "verification_required",
      "version_pending",
      "quota_exceeded",
    ],
    note: "The audit entry is durable before the value leaves; `receipt` proves it. Not both `versionId` and `stage`.",
  },
} satisfies Record<string, Contract>
