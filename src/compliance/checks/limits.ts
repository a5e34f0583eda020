import { fault, type Look, ok, warn } from "../finding.ts"
import type { Observed } from "../observed.ts"
import { countOf, evidence, spanText } from "../evidence.ts"
import type { Rate } from "../deployment.ts"
import { weakerText } from "../floor.ts"

export function readsLimited({ deployment, trail, at }: Observed): Look {
  const { people, programs } = deployment.reads
  const refused = countOf(trail.refused, "GET")
  const figure = `reads of one person: ${rateText(people)}; of one program: ${rateText(programs)}; ${refused} reads refused ${spanText(trail, at)}, for these limits and all else`
  if (people === null || programs === null) return fault(figure, "set SECRETS_RATE_LIMIT_MAX")
  return ok(figure)
}

function rateText(rate: Rate | null): string {
  return rate === null ? "no limit" : `${rate.max} in ${rate.windowMs / 1000} s`
}

const DAILY = ["per_day", "program_per_day"] as const

export function dailyLimits({ rules, floor, trail }: Observed): Look {
  const weaker = DAILY.flatMap((part) => floor.weaker.get(part) ?? [])
  const figure = `unmasked values of one person and day: ${rules.dailyPerPerson ?? "no limit"}`
  const entries = evidence(trail, "REFUSED_SUMMARY")
  if (rules.dailyPerPerson === null) return fault(figure, "set MAX_SECRET_ACCESS_PER_USER", entries)
  if (weaker.length > 0)
    return warn(
      `${figure}; of one secret more than the shipped rows give: ${weakerText(weaker)}`,
      "set maxAccessPerDay on the rows named",
      entries,
    )
  return ok(`${figure}; of one secret as many as the shipped rows give, or fewer`, entries)
}
