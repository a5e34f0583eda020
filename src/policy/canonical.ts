import { lengthPrefixed } from "../core/bytes.ts"
import type { PolicyRow } from "../state/rows.ts"

const VERSION = "tyler-policies/1"

/**
 * Canonical bytes of the whole set and its epoch, for its authentication code: every field of every row, length-prefixed,
 * rows in order of id (by UTF-16 code unit). Spec: spec/policy.md.
 */
export function policyMacBytes(rows: readonly PolicyRow[], epoch: number): Buffer {
  const ordered = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return lengthPrefixed([VERSION, String(epoch), ...ordered.map(rowBytes)])
}

function rowBytes(row: PolicyRow): Buffer {
  const verbs = Object.keys(row.verbRoles).toSorted()
  return lengthPrefixed([
    row.id,
    row.secretPattern,
    listBytes(row.allowedRoles),
    String(row.requiresMfa),
    String(row.requiresApproval),
    maybe(row.maxAccessPerDay),
    listBytes(row.approverRoles),
    String(row.minApprovals),
    String(row.grantMinutes),
    listBytes(row.allowedWorkloads),
    maybe(row.workloadMaxAccessPerDay),
    lengthPrefixed(verbs.flatMap((verb) => [verb, listBytes(row.verbRoles[verb] ?? null)])),
    String(row.replacesRoles),
    String(row.createdAt),
    String(row.updatedAt),
  ])
}

const listBytes = (list: readonly string[] | null): Buffer | null => (list === null ? null : lengthPrefixed(list))
const maybe = (value: number | null): string | null => (value === null ? null : String(value))
