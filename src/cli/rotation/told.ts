import { STRATEGIES } from "../../core/rotation-strategy.ts"
import type { RotationItem } from "./watch.ts"

/** In their order; the last one only where the version before is to end too. */
const STEPS = ["create", "set", "test", "finish", "revoke"] as const
export type StepName = (typeof STEPS)[number]

export function stepsOf({ revokePrevious }: RotationItem): readonly StepName[] {
  return revokePrevious ? STEPS : STEPS.slice(0, -1)
}

/** Steps that are behind a rotation. */
export function stepsDone(row: RotationItem): readonly StepName[] {
  const steps = stepsOf(row)
  return row.state === "done" ? steps : steps.slice(0, steps.indexOf(row.step))
}

/** Whether the version before is still good at its target once another one is current. */
export function keepsPrevious(strategy: string | null, revoked: boolean): boolean {
  const promises = STRATEGIES.find(({ name }) => name === strategy)?.promises
  return !revoked && (promises === "overlap" || promises === "alternating")
}

/** How a rotation ended, for people. */
export function endText(name: string, row: RotationItem): string {
  const { state, step, fault, versionId, strategy, revokePrevious } = row
  if (state === "cancelled") return `the rotation of ${name} was cancelled; nothing was changed`
  if (state === "done") {
    const rest = keepsPrevious(strategy, revokePrevious) ? "; the one before stays good until the next rotation" : ""
    return `rotated ${name}: version ${versionId} is current${rest}`
  }
  const why = fault === null ? "" : `: ${fault.code}: ${fault.text}`
  return `the rotation of ${name} failed at ${step}${why}; ${LEFT[step]}`
}

/** What a failure leaves behind, by the step that it came at. */
const LEFT: Readonly<Record<StepName, string>> = {
  create: "the target was not changed",
  set: "the next rotation goes on with the version that is pending",
  test: "the next rotation goes on with the version that is pending",
  finish: "the next rotation goes on with the version that is pending",
  revoke: "the new version is current, and the one before may still be good",
}

export function secondsText(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}
