import { fault, type Look, ok, warn } from "../finding.ts"
import { LIMITS, type Observed } from "../observed.ts"
import { countOf, evidence, spanText } from "../evidence.ts"

export function schedulesKept({ secrets, trail, at }: Observed): Look {
  const { enabled, disabled, overdue } = secrets.schedules
  const failed = countOf(trail.refused, "ROTATE", "ROTATE_STEP")
  const figure = `${enabled} schedules enabled, ${disabled.count} not; ${countOf(trail.done, "ROTATE")} rotations begun ${spanText(trail, at)}, ${failed} refusals and faults`
  const entries = evidence(trail, "ROTATE", "ROTATE_STEP", "SCHEDULE")
  if (overdue.count > 0)
    return fault(`${figure}; overdue: ${overdue.text}`, "see docs/runbooks/rotation-overdue.md", entries)
  if (disabled.count > 0)
    return warn(
      `${figure}; disabled: ${disabled.text}`,
      "enable them with POST /api/secrets/{name}/schedule, or remove the need",
      entries,
    )
  return ok(figure, entries)
}

export function valuesFresh({ secrets, trail }: Observed): Look {
  const { live, due, old, unscheduled, cut } = secrets
  const figure = `${live} live secrets${cut ? ", and more that were not looked at" : ""}`
  const entries = evidence(trail, "ROTATE", "UPDATE")
  if (due.count > 0)
    return fault(
      `${figure}; seen in an emergency and not changed since: ${due.text}`,
      "rotate them, or write new values",
      entries,
    )
  if (old.count > 0)
    return warn(
      `${figure}; value older than ${LIMITS.oldDays} days: ${old.text}; of these without a schedule: ${unscheduled.count}`,
      "schedule their rotation, or write new values",
      entries,
    )
  return ok(`${figure}; no value older than ${LIMITS.oldDays} days`, entries)
}
