import { utcDay } from "../core/clock.ts"
import type { SecretName } from "../core/name.ts"

export const CONFIRMATION_FORMAT = "DELETE-{secretName}-{YYYY-MM-DD}"

const NEAR_MIDNIGHT_MS = 5 * 60_000

/**
 * Whether the code names this secret and today, UTC; within five minutes of midnight the neighbouring day passes too.
 * It guards against slips, not against attackers: anybody can work it out.
 */
export function confirms(code: string, name: SecretName, now: number): boolean {
  const days = new Set([utcDay(now), utcDay(now - NEAR_MIDNIGHT_MS), utcDay(now + NEAR_MIDNIGHT_MS)])
  return [...days].some((day) => code === `DELETE-${name}-${day}`)
}
