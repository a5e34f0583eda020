import { Message } from "../../api/fields.ts"
import {
  WorkloadIssuerBody,
  WorkloadIssuerDeleteBody,
  WorkloadIssuerItem,
  WorkloadIssuersAnswer,
  WorkloadLoginAnswer,
  WorkloadLoginBody,
} from "../../api/workloads.ts"
import type { Contract } from "../contract.ts"

const RULES =
  "`jwks` holds the keys; without it they are fetched from `jwksUri`, or by discovery. The first binding that matches a token counts."

export const workloadContracts = {
  "POST /api/auth/workload": {
    body: WorkloadLoginBody,
    answers: { 200: WorkloadLoginAnswer },
    refuses: ["unauthenticated", "rate_limited", "too_many_tokens", "unavailable"],
    note: "Each token is accepted once. 401 for every cause; the audit entry says which. The session is good for 15 minutes.",
  },
  "GET /api/workload-issuers": { answers: { 200: WorkloadIssuersAnswer } },
  "POST /api/workload-issuers": {
    body: WorkloadIssuerBody,
    answers: { 201: WorkloadIssuerItem },
    refuses: ["issuer_exists", "too_many_issuers", "invalid_reason"],
    note: RULES,
  },
  "PUT /api/workload-issuers/:id": {
    body: WorkloadIssuerBody,
    answers: { 200: WorkloadIssuerItem },
    refuses: ["row_tampered", "not_found", "issuer_exists", "invalid_reason"],
    note: RULES,
  },
  "DELETE /api/workload-issuers/:id": {
    body: WorkloadIssuerDeleteBody,
    answers: { 200: Message },
    refuses: ["not_found", "invalid_reason"],
  },
} satisfies Record<string, Contract>
