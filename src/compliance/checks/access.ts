import { fault, type Look, ok, warn } from "../finding.ts"
import { LIMITS, type Observed } from "../observed.ts"
import { evidence, spanText } from "../evidence.ts"
import { weakerText } from "../floor.ts"

export function policiesInForce({ policies, trail }: Observed): Look {
  const { rows, epoch } = policies
  const figure = `${rows.length} rows, authentic, epoch ${epoch}; a name that no row matches is ${policies.unmatched.length === 0 ? "nobody's" : "the row **'s"}`
  return ok(figure, evidence(trail, "POLICY_CREATE", "POLICY_CHANGE", "POLICY_DELETE"))
}

const APPROVAL = ["approval", "approvals"] as const

export function approvalRows({ floor }: Observed): Look {
  const weaker = APPROVAL.flatMap((part) => floor.weaker.get(part) ?? [])
  if (weaker.length > 0)
    return fault(
      `asked for fewer approvals than the shipped rows ask: ${weakerText(weaker)}`,
      "set requiresApproval on the rows named, or add a row without roles that asks for it",
    )
  if (!floor.complete) return warn("there are more combinations of rows than are looked at", "use fewer rows")
  return ok("wherever the shipped rows ask for an approval, the rows in force ask for as many")
}

export function secondPerson({ rules, people, trail }: Observed): Look {
  const entries = evidence(trail, "ACCESS_APPROVE")
  const admins = `admins: ${people.admins.text || "none"}`
  if (!rules.guarded)
    return warn(
      `${admins}; in development one admin alone loosens guards and purges`,
      "set TYLER_ENVIRONMENT=production",
      entries,
    )
  if (people.admins.count < 2)
    return warn(
      `${admins}: what takes a second person waits a day and is alarmed instead`,
      "give a second person the role admin",
      entries,
    )
  return ok(`${admins}; what loosens a guard takes two of them`, entries)
}

export function accountsAwake({ people, trail, at }: Observed): Look {
  const { persons, programs, disabled, sleeping, orphaned, cut } = people
  const figure = `${persons} people and ${programs} programs, ${disabled} disabled${cut ? ", and more that were not looked at" : ""}`
  const entries = evidence(trail, "REVIEW")
  if (orphaned.count > 0)
    return warn(
      `${figure}; programs without an owner who is there: ${orphaned.text}`,
      "run tyler service-accounts change ID --owner ID, or revoke their tokens",
      entries,
    )
  if (sleeping.count > 0)
    return warn(
      `${figure}; no act of theirs ${spanText(trail, at)} (limit ${LIMITS.sleepingDays} days): ${sleeping.text}`,
      "disable whoever does not need the account: tyler access-review",
      entries,
    )
  return ok(`${figure}; all that are older than ${LIMITS.sleepingDays} days were used`, entries)
}

export function rowsGenuine({ people, trail }: Observed): Look {
  const entries = evidence(trail, "ROW_TAMPERED")
  if (people.tampered.count > 0)
    return fault(
      `rows that somebody wrote past the service: ${people.tampered.text}`,
      "see docs/runbooks/row-tampered.md",
      entries,
    )
  return ok("every person's and program's row carries its code", entries)
}

export function reviewed({ trail, at }: Observed): Look {
  const last = trail.done.get("REVIEW")
  if (last === undefined)
    return warn(`no access review ${spanText(trail, at)}`, "run tyler access-review, and record it with --decide")
  const days = Math.floor((at - last.at) / 86_400_000)
  const figure = `last access review ${days} days ago`
  return days > LIMITS.reviewDays ? warn(figure, "run tyler access-review", [last.index]) : ok(figure, [last.index])
}
