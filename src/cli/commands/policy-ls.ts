import type { PolicyAnswer } from "../../api/policies.ts"
import { connect } from "../connect.ts"
import type { Call } from "../command.ts"
import { answer, table } from "../print.ts"

export async function run(call: Call): Promise<void> {
  const rows = await connect(call).policies.list()
  await answer(call, rows, () =>
    table(call.world, ["PATTERN", "ROLES", "MFA", "APPROVAL", "PER DAY", "ID"], rows.map(cells)),
  )
}

function cells(row: PolicyAnswer): string[] {
  return [
    row.secretPattern,
    row.allowedRoles === null ? "-" : row.allowedRoles.join(", ") || "nobody",
    row.requiresMfa ? "yes" : "-",
    row.requiresApproval ? "yes" : "-",
    row.maxAccessPerDay === null ? "-" : String(row.maxAccessPerDay),
    row.id,
  ]
}
