import type { ComplianceAnswer } from "../../api/compliance.ts"
import { type ComplianceReport, complianceReport } from "../../operations/compliance.ts"
import type { Handler } from "./handlers.ts"

export const complianceRoutes = {
  "GET /api/compliance": async ({ wiring, caller }) => ({
    status: 200,
    body: reportAnswer(await complianceReport(wiring.service, caller, wiring.deployment)),
  }),
} satisfies Record<string, Handler>

function reportAnswer(report: ComplianceReport): ComplianceAnswer {
  const { at, looked, claims, items, ...rest } = report
  return {
    ...rest,
    at: new Date(at).toISOString(),
    looked: { since: new Date(looked.since).toISOString(), entries: looked.looked, cut: looked.cut },
    claims: claims.map(({ checks, ...claim }) => ({
      ...claim,
      checks: checks.map(({ claims: _claims, entries, supports, ...check }) => ({
        ...check,
        entries: [...entries],
        supports: [...supports],
      })),
    })),
    items: items.map(({ checks, ...item }) => ({ ...item, checks: [...checks] })),
  }
}
