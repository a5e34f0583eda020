import { AccessKeyBody, AccessKeysAnswer, AccessKeysQuery, IssuedAccessKey } from "../../api/access-keys.ts"
import { Message } from "../../api/fields.ts"
import type { Contract } from "../contract.ts"

export const accessKeyContracts = {
  "POST /api/access-keys": {
    body: AccessKeyBody,
    answers: { 201: IssuedAccessKey },
    refuses: [
      "verification_required",
      "row_tampered",
      "not_found",
      "owner_disabled",
      "too_many_tokens",
      "rate_limited",
      "invalid_reason",
    ],
    note: "The secret half is shown this once. At most five are valid at once. A key of one's own takes x-verification-token for `govern`, or the `password` of an account without a second factor. docs/aws-endpoint.md says how AWS's clients use it.",
  },
  "GET /api/access-keys": {
    query: AccessKeysQuery,
    answers: { 200: AccessKeysAnswer },
    refuses: ["not_found"],
    note: "One's own, or with `principalId` somebody's (role admin).",
  },
  "DELETE /api/access-keys/:id": {
    answers: { 200: Message },
    refuses: ["not_found", "row_tampered"],
    note: "It ends at once, on every replica. An admin revokes anybody's.",
  },
} satisfies Record<string, Contract>
