import { PendingAnswer } from "../../api/access-requests.ts"
import { Message } from "../../api/fields.ts"
import {
  ExplainAnswer,
  ExplainBody,
  PoliciesAnswer,
  PolicyAnswer,
  PolicyBody,
  PolicyDeleteBody,
} from "../../api/policies.ts"
import type { Contract } from "../contract.ts"

export const policyContracts = {
  "GET /api/policies": { answers: { 200: PoliciesAnswer } },
  "GET /api/policies/:id": { answers: { 200: PolicyAnswer }, refuses: ["not_found"] },
  "POST /api/policies": {
    body: PolicyBody,
    answers: { 201: PolicyAnswer, 202: PendingAnswer },
    refuses: ["verification_required", "policy_exists", "unknown_role", "policy_lockout", "invalid_reason"],
  },
  "PUT /api/policies/:id": {
    body: PolicyBody,
    answers: { 200: PolicyAnswer, 202: PendingAnswer },
    refuses: [
      "verification_required",
      "not_found",
      "policy_exists",
      "unknown_role",
      "policy_lockout",
      "invalid_reason",
    ],
    note: "The whole row: what is not named takes its default. What loosens an approval waits (202) for another admin.",
  },
  "DELETE /api/policies/:id": {
    body: PolicyDeleteBody,
    answers: { 200: Message, 202: PendingAnswer },
    refuses: ["verification_required", "not_found", "policy_lockout", "invalid_reason"],
  },
  "POST /api/policies/explain": {
    body: ExplainBody,
    answers: { 200: ExplainAnswer },
    refuses: ["invalid_name", "not_found"],
    note: "About the caller, or about `principal` for the roles admin and auditor.",
  },
} satisfies Record<string, Contract>
