import { isStrategy, STRATEGY_NAMES, type StrategyName } from "../core/rotation-strategy.ts"
import type { ScheduleRow } from "../state/rows.ts"
import type { Desk, Place } from "./desk.ts"
import { AwsError } from "./errors.ts"

const NAMED = "tyler-"

/** Whom a secret is rotated by: exactly one of both. */
export type RotatedBy = Pick<ScheduleRow, "strategy" | "lambdaArn">

/**
 * A strategy as AWS's clients name it. They know of functions only, so each strategy has the ARN that a function of this
 * Region and account would have; nothing is invoked there.
 */
export function functionOf({ strategy, lambdaArn }: RotatedBy, place: Place): string | undefined {
  return lambdaArn ?? (strategy === null ? undefined : arnOf(place, strategy))
}

/** @throws AwsError `InvalidRequestException` for a function that is neither a strategy nor one of SECRETS_ROTATION_LAMBDA */
export function rotatedBy({ place, service }: Desk, arn: string): RotatedBy {
  const { rotationFunctions } = service.settings
  // First: a function of one's own may well be called as ours are.
  if (rotationFunctions.includes(arn)) return { strategy: null, lambdaArn: arn }
  const strategy = strategyIn(arn, place)
  if (strategy !== undefined) return { strategy, lambdaArn: null }
  const others =
    rotationFunctions.length === 0 ? "" : `, or one of SECRETS_ROTATION_LAMBDA: ${rotationFunctions.join(", ")}`
  const text = `This server does not invoke that function. Name a rotation strategy of its own as ${arnOf(place, "STRATEGY")}, where STRATEGY is one of ${STRATEGY_NAMES.join(", ")}${others}.`
  throw new AwsError("InvalidRequestException", text)
}

function strategyIn(arn: string, place: Place): StrategyName | undefined {
  const before = arnOf(place, "")
  const named = arn.startsWith(before) ? arn.slice(before.length) : ""
  return isStrategy(named) ? named : undefined
}

function arnOf({ region, account }: Place, strategy: string): string {
  return `arn:aws:lambda:${region}:${account}:function:${NAMED}${strategy}`
}
