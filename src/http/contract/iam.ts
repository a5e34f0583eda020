import { Message } from "../../api/fields.ts"
import { IamBindingBody, IamBindingDeleteBody, IamBindingItem, IamBindingsAnswer, IamLoginBody } from "../../api/iam.ts"
import { WorkloadLoginAnswer } from "../../api/workloads.ts"
import type { Contract } from "../contract.ts"

export const iamContracts = {
  "POST /api/auth/iam": {
    body: IamLoginBody,
    answers: { 200: WorkloadLoginAnswer },
    refuses: ["unauthenticated", "rate_limited", "too_many_tokens", "iam_login_off", "busy", "unavailable"],
    note: "The headers of a signed request to STS, which the server sends on: docs/aws.md. Each signature is accepted once. The session is good for 15 minutes.",
  },
  "GET /api/iam-bindings": { answers: { 200: IamBindingsAnswer } },
  "POST /api/iam-bindings": {
    body: IamBindingBody,
    answers: { 201: IamBindingItem },
    refuses: ["iam_binding_exists", "too_many_iam_bindings", "row_tampered", "invalid_reason"],
    note: "The names of a role's sessions count for nothing.",
  },
  "DELETE /api/iam-bindings/:id": {
    body: IamBindingDeleteBody,
    answers: { 200: Message },
    refuses: ["not_found", "invalid_reason"],
  },
} satisfies Record<string, Contract>
