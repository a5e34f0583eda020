import type { PolicyRow } from "../state/rows.ts"
import { UNMATCHED } from "./pattern.ts"

type Shipped = Pick<PolicyRow, "id" | "secretPattern" | "requiresMfa" | "requiresApproval" | "maxAccessPerDay"> & {
  readonly allowedRoles: readonly string[]
}

/** The guide's five rows, and its "otherwise admin" rule as a row anybody can see. */
const SHIPPED: readonly Shipped[] = [
  row("database", "database/*", ["admin", "dba"], true, false, 10),
  row("api-keys", "api-keys/*", ["admin", "developer"], false, false, 10),
  row("employee", "employee/*", ["admin", "hr"], true, true, 10),
  row("financial", "financial/*", ["admin", "finance"], true, true, 10),
  row("config", "config/*", ["admin", "developer", "devops"], false, false, 10),
  row("unmatched", UNMATCHED, ["admin"], false, false, null),
]

function row(
  id: string,
  secretPattern: string,
  allowedRoles: readonly string[],
  requiresMfa: boolean,
  requiresApproval: boolean,
  maxAccessPerDay: number | null,
): Shipped {
  return { id, secretPattern, allowedRoles, requiresMfa, requiresApproval, maxAccessPerDay }
}

/** @param now milliseconds since 1970 UTC. */
export function defaultPolicies(now: number): readonly PolicyRow[] {
  return SHIPPED.map((shipped) => ({
    ...shipped,
    approverRoles: null,
    minApprovals: 1,
    grantMinutes: 60,
    allowedWorkloads: null,
    workloadMaxAccessPerDay: null,
    verbRoles: {},
    replacesRoles: false,
    createdAt: now,
    updatedAt: now,
  }))
}
