import { type Look, ok, warn } from "../finding.ts"
import type { Observed } from "../observed.ts"
import { countOf, evidence, spanText } from "../evidence.ts"

export function recoverable({ secrets, rules, trail, at }: Observed): Look {
  const figure = `${secrets.pending} secrets await deletion and can be restored; ${countOf(trail.done, "DELETE")} deletions, ${countOf(trail.done, "RESTORE")} restores and ${countOf(trail.done, "PURGE")} purges ${spanText(trail, at)}`
  const entries = evidence(trail, "DELETE", "RESTORE", "PURGE")
  if (!rules.guarded)
    return warn(
      `${figure}; in development one admin alone purges without a window`,
      "set TYLER_ENVIRONMENT=production",
      entries,
    )
  return ok(`${figure}; a purge without a window takes a second person`, entries)
}

export function backedUp({ deployment, trail, at }: Observed): Look {
  const last = trail.done.get("BACKUP")
  const over = last === undefined ? "none on record" : `last taken ${Math.floor((at - last.at) / 86_400_000)} days ago`
  if (deployment.backup === null)
    return warn("backups are not set up", "set TYLER_BACKUP_RECIPIENTS: see docs/operate.md", evidence(trail, "BACKUP"))
  return ok(`sealed to ${deployment.backup}; ${over}`, evidence(trail, "BACKUP", "BACKUP_RESTORED"))
}
