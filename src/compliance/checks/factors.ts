import { fault, type Look, ok, warn } from "../finding.ts"
import type { Observed } from "../observed.ts"
import { countOf, evidence, spanText } from "../evidence.ts"
import { weakerText } from "../floor.ts"

export function factorsEnforced({ rules, trail, at }: Observed): Look {
  const entries = evidence(trail, "STEP_UP", "LOGIN_FACTOR")
  if (rules.mfaIgnored)
    return fault(
      "ENABLE_MFA_FOR_SECRETS=false: what policies ask of a second factor is ignored",
      "take ENABLE_MFA_FOR_SECRETS away; production refuses it",
      entries,
    )
  const shown = countOf(trail.done, "STEP_UP", "LOGIN_FACTOR")
  return ok(`what policies ask is enforced; a second factor was shown ${shown} times ${spanText(trail, at)}`, entries)
}

export function factorRows({ floor }: Observed): Look {
  const weaker = floor.weaker.get("second_factor") ?? []
  if (weaker.length > 0)
    return fault(
      `values that the shipped rows give with a second factor only, and the rows in force without: ${weakerText(weaker)}`,
      "set requiresMfa on the rows named, or add a row without roles that asks for it",
    )
  if (!floor.complete) return warn("there are more combinations of rows than are looked at", "use fewer rows")
  return ok("wherever the shipped rows ask for a second factor, the rows in force do")
}

export function overseersHaveFactors({ people, trail }: Observed): Look {
  const entries = evidence(trail, "FACTOR_ADDED", "FACTOR_REMOVED")
  if (people.bare.count > 0)
    return fault(
      `admins and auditors who sign in with a password alone: ${people.bare.text}`,
      "have them enrol an app or a passkey on /factors",
      entries,
    )
  return ok("every admin and auditor has a second factor", entries)
}
