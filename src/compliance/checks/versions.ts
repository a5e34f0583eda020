import { fault, type Look, ok } from "../finding.ts"
import type { Observed } from "../observed.ts"
import { countOf, evidence, spanText } from "../evidence.ts"

export function versioned({ secrets, keys, trail, at }: Observed): Look {
  const versions = keys.sealed + keys.unsealed
  const figure = `${versions} versions of ${secrets.live + secrets.pending} secrets; ${countOf(trail.done, "UPDATE")} updates and ${countOf(trail.done, "ROLLBACK")} rollbacks ${spanText(trail, at)}`
  const entries = evidence(trail, "UPDATE", "ROLLBACK")
  if (secrets.empty.count > 0)
    return fault(`${figure}; without a current version: ${secrets.empty.text}`, "write a value", entries)
  return ok(figure, entries)
}
