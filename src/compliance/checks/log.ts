import { fault, type Look, ok, warn } from "../finding.ts"
import type { Observed } from "../observed.ts"
import { evidence } from "../evidence.ts"

export function logWhole({ log, trail }: Observed): Look {
  const newest = log.size === 0 ? "none" : new Date(log.lastTime).toISOString()
  const figure = `${log.size} entries, newest ${newest}; the root computed anew ${log.rootAgrees ? "agrees" : "differs"}; ${log.rehashed} newest entries hashed anew, ${log.wrong.length} differ`
  const last = log.size === 0 ? [] : [log.size - 1]
  if (!log.rootAgrees || log.wrong.length > 0)
    return fault(
      figure,
      "stop the server, keep the database, and hold an export against the mirror with tyler audit verify",
      log.wrong,
    )
  return ok(figure, [...last, ...evidence(trail, "SERVER_START")])
}

export function mirrored({ deployment, trail }: Observed): Look {
  const { mirrors } = deployment
  const figure = mirrors
    .map(
      ({ name, holds, trouble, waiting }) =>
        `${name} (${holds}): ${trouble ?? "written"}${(waiting ?? 0) > 0 ? `, ${waiting} entries wait` : ""}`,
    )
    .join("; ")
  const entries = evidence(trail, "AUDIT_EXPORT")
  if (mirrors.some(({ trouble }) => trouble !== null))
    return fault(
      figure,
      "see docs/runbooks/mirror-failing.md: until then nothing outside tells a rolled-back log",
      entries,
    )
  if (!mirrors.some(({ holds }) => holds === "entries"))
    return warn(
      `${figure}; no copy of the entries themselves`,
      "set AUDIT_MIRROR_S3_BUCKET, AUDIT_MIRROR_LOG_GROUP or AUDIT_MIRROR_FILE",
      entries,
    )
  return ok(figure, entries)
}

/** A year is what auditors of SOC 2 type II look back. */
const YEAR = 365

export function kept({ rules, trail }: Observed): Look {
  const days = Object.entries(rules.keepDays)
  const figure = days.map(([name, keep]) => `${name} ${keep === null ? "for ever" : `${keep} days`}`).join(", ")
  const short = days.filter(([, keep]) => keep !== null && keep < YEAR).map(([name]) => name)
  const entries = evidence(trail, "RETAIN")
  if (short.length > 0)
    return warn(
      `${figure}: entries of ${short.join(", ")} lose what they say before a year is over`,
      `keep them for ${YEAR} days or more (AUDIT_KEEP_..._DAYS), unless a shorter period is your rule`,
      entries,
    )
  return ok(figure, entries)
}
