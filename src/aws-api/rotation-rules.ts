import { type Static, Type } from "../api/schema.ts"
import type { TylerError } from "../core/errors.ts"
import type { Timetable } from "../rotation/timetable.ts"
import { AwsError } from "./errors.ts"
import { members } from "./fields.ts"

/** Bounded as AWS's model bounds them (botocore, secretsmanager 2017-10-17). */
export const RotationRules = members({
  AutomaticallyAfterDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  Duration: Type.Optional(Type.String({ minLength: 2, maxLength: 3 })),
  ScheduleExpression: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
})
type Rules = Static<typeof RotationRules>

/** @throws AwsError `InvalidParameterException` */
export function timetableIn({ AutomaticallyAfterDays, Duration, ScheduleExpression }: Rules): Timetable {
  if ((AutomaticallyAfterDays === undefined) === (ScheduleExpression === undefined))
    throw wrong("RotationRules must have exactly one of AutomaticallyAfterDays and ScheduleExpression.")
  const hours = Duration === undefined ? null : /^([1-9][0-9]?)h$/.exec(Duration)?.[1]
  if (hours === undefined) throw wrong('Duration must be hours, such as "3h".')
  return {
    days: AutomaticallyAfterDays ?? null,
    expression: ScheduleExpression ?? null,
    windowHours: hours === null ? null : Number(hours),
  }
}

/** Undefined where it is rotated only when somebody asks. */
export function rulesOf({ days, expression, windowHours }: Timetable): Rules | undefined {
  if (days === null && expression === null) return undefined
  return {
    ...(days === null ? {} : { AutomaticallyAfterDays: days }),
    ...(expression === null ? {} : { ScheduleExpression: expression }),
    ...(windowHours === null ? {} : { Duration: `${windowHours}h` }),
  }
}

const THEIRS: Readonly<Record<string, string>> = {
  days: "AutomaticallyAfterDays",
  expression: "ScheduleExpression",
  windowHours: "Duration",
}

/** A timetable's fault, with the member called as the caller called it. */
export function wrongRules(error: TylerError): AwsError {
  return wrong(
    error.message.replace(/^\w+/, (member) => THEIRS[member] ?? member),
    error,
  )
}

function wrong(text: string, cause?: TylerError): AwsError {
  return new AwsError("InvalidParameterException", text, cause)
}
