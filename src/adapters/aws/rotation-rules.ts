import type { DescribeSecretResponse, RotateSecretRequest } from "@aws-sdk/client-secrets-manager"
import type { OutsideRotation, RotationOrder } from "../../secrets/outside.ts"

type Described = Pick<
  DescribeSecretResponse,
  "RotationEnabled" | "RotationLambdaARN" | "RotationRules" | "LastRotatedDate" | "NextRotationDate"
>

/** What DescribeSecret and ListSecrets say of rotation; null where it was never configured. */
export function rotationIn(secret: Described): OutsideRotation | null {
  const { RotationEnabled: enabled, RotationLambdaARN: lambdaArn, RotationRules: rules = {} } = secret
  if (enabled === undefined) return null
  return {
    enabled,
    lambdaArn: lambdaArn ?? "",
    days: rules.AutomaticallyAfterDays ?? null,
    expression: rules.ScheduleExpression ?? null,
    windowHours: rules.Duration === undefined ? null : Number.parseInt(rules.Duration, 10),
    lastRotated: secret.LastRotatedDate?.getTime() ?? null,
    nextRotation: secret.NextRotationDate?.getTime() ?? null,
  }
}

/** Without any, AWS keeps what it has. */
export function rulesOf({
  days,
  expression,
  windowHours,
}: RotationOrder["timetable"]): Pick<RotateSecretRequest, "RotationRules"> {
  if (days === null && expression === null) return {}
  return {
    RotationRules: {
      ...(days === null ? {} : { AutomaticallyAfterDays: days }),
      ...(expression === null ? {} : { ScheduleExpression: expression }),
      ...(windowHours === null ? {} : { Duration: `${windowHours}h` }),
    },
  }
}
