import { TylerError } from "../core/errors.ts"
import type { LoginThrottle } from "../identity/throttle.ts"
import type { PrincipalRow } from "../state/rows.ts"
import { factorExpected } from "./second-factor.ts"
import type { Service } from "./service.ts"
import { tooManyAttempts } from "./too-many-attempts.ts"

/**
 * Asks for one's own password through the same throttle as a login: this must be no second place to guess.
 *
 * @param error what a wrong one is told
 * @throws TylerError `rate_limited`, `forbidden`
 */
export async function checkOwnPassword(
  on: Service,
  throttle: LoginThrottle,
  row: PrincipalRow,
  password: string,
  error: string,
): Promise<void> {
  const verdict = throttle.check(row.name, on.clock.monotonic())
  if (!("allowed" in verdict)) throw tooManyAttempts(on, verdict.retryAfterMs)
  let right: boolean
  let whole: boolean
  try {
    right = row.passwordHash !== null && (await on.passwords.verify(row.passwordHash, password))
    whole = right && (await passwordIsAll(on, row))
  } catch (fault) {
    throttle.abandoned(row.name)
    throw fault
  }
  if (right) return whole ? throttle.succeeded(row.name) : throttle.abandoned(row.name)
  throttle.failed(row.name, on.clock.monotonic())
  throw new TylerError("forbidden", { error })
}

/**
 * Whether the password is all there is to show. Where it is not, a right one must not forget wrong codes: whoever has
 * the password could guess at them without end.
 */
export async function passwordIsAll(on: Service, row: PrincipalRow): Promise<boolean> {
  return !(await factorExpected(on, row))
}
