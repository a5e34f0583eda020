import { ComplianceAnswer } from "../../api/compliance.ts"
import type { Contract } from "../contract.ts"

export const complianceContracts = {
  "GET /api/compliance": {
    answers: { 200: ComplianceAnswer },
    note: "Everything is looked at anew, up to 100,000 entries, 20,000 people and programs and 20,000 secrets; docs/compliance.md says what each check does.",
  },
} satisfies Record<string, Contract>
