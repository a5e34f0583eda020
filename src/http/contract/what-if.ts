import { DiffAnswer, DiffBody, TestAnswer, TestBody } from "../../api/what-if.ts"
import { WhoAnswer, WhoQuery } from "../../api/who.ts"
import type { Contract } from "../contract.ts"

export const whatIfContracts = {
  "GET /api/secrets/{name}/who": {
    query: WhoQuery,
    answers: { 200: WhoAnswer },
    refuses: ["not_found"],
    note: "Everybody, and who has read it, for those with the verb `audit` on the secret and for whoever created it; their own row for others with the verb `list`.",
  },
  "POST /api/policies/diff": {
    body: DiffBody,
    answers: { 200: DiffAnswer },
    refuses: ["policy_lockout"],
    note: "The whole set as it would be, as `GET /api/policies` answers it. Nothing is changed.",
  },
  "POST /api/policies/test": {
    body: TestBody,
    answers: { 200: TestAnswer },
    refuses: ["invalid_name"],
    note: "Each case is decided by the rows alone; nobody is asked about.",
  },
} satisfies Record<string, Contract>
