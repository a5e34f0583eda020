import { readFileSync } from "node:fs"
import type { WorkloadIssuerBody } from "../api/workloads.ts"
import { UsageError } from "./command.ts"

/** An issuer as JSON, all but the reason; the server judges its fields. Throws UsageError. */
export function readIssuerFile(path: string): Omit<WorkloadIssuerBody, "reason"> {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"))
  } catch {
    throw new UsageError(`${path} cannot be read as JSON`)
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new UsageError(`${path} must hold one JSON object`)
  return parsed as Omit<WorkloadIssuerBody, "reason">
}
