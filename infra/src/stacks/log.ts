import { RemovalPolicy } from "aws-cdk-lib"
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs"
import type { Arns, LogUse } from "../place.ts"
import { keyOf } from "./keys.ts"
import type { TylerStack } from "./stack.ts"

/** A log group of ours: a year, under our key, and not deleted with its stack. */
export function keptLog(stack: TylerStack, keys: Arns, what: LogUse): LogGroup {
  return new LogGroup(stack, `${what}-log`, {
    logGroupName: stack.at.logGroup(what),
    retention: RetentionDays.ONE_YEAR,
    encryptionKey: keyOf(stack, keys, "evidence"),
    removalPolicy: RemovalPolicy.RETAIN,
  })
}
