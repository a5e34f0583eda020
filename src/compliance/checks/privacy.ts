import { DAY_MS } from "../../core/clock.ts"
import { type Look, ok, warn } from "../finding.ts"
import type { Observed } from "../observed.ts"
import { countOf, evidence, spanText } from "../evidence.ts"

/** Article 12(3): without undue delay, and within one month. */
const MONTH_DAYS = 30

export function personsRights({ erasures, trail, at }: Observed): Look {
  const figure = `${countOf(trail.done, "PERSON_EXPORT")} exports of personal data and ${countOf(trail.done, "ERASE_END")} erasures done ${spanText(trail, at)}; ${erasures.open} erasures under way`
  const entries = evidence(trail, "PERSON_EXPORT", "ERASE", "ERASE_END")
  if (erasures.oldest !== null && at - erasures.oldest > MONTH_DAYS * DAY_MS)
    return warn(
      `${figure}, the oldest for more than ${MONTH_DAYS} days`,
      "look at /api/ready: what carries them on waits for the database or the clock",
      entries,
    )
  return ok(figure, entries)
}
