import type { ScheduleRow, SecretRow } from "../state/rows.ts"
import type { Place } from "./desk.ts"
import { functionOf } from "./functions.ts"
import { dayOf, epochSeconds } from "./operation.ts"
import { rulesOf } from "./rotation-rules.ts"

/** What DescribeSecret and ListSecrets both say of a secret; empty members are left out. */
export function secretFacts(secret: SecretRow, schedule: ScheduleRow | undefined, place: Place): object {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description === "" ? undefined : secret.description,
    LastChangedDate: epochSeconds(secret.changedAt),
    LastAccessedDate: dayOf(secret.lastAccessed),
    // Left out where there never were any; empty once the last was taken away.
    Tags: secret.tags ?? undefined,
    CreatedDate: epochSeconds(secret.createdAt),
    ...(schedule === undefined ? {} : rotationFacts(schedule, place)),
  }
}

/** Of a secret whose rotation was configured once; turned off, it keeps all but the next date. */
function rotationFacts(schedule: ScheduleRow, place: Place): object {
  const { enabled, lastRotated, nextRotation } = schedule
  return {
    RotationEnabled: enabled,
    RotationLambdaARN: functionOf(schedule, place),
    RotationRules: rulesOf(schedule),
    LastRotatedDate: lastRotated === null ? undefined : epochSeconds(lastRotated),
    NextRotationDate: enabled && nextRotation !== null ? epochSeconds(nextRotation) : undefined,
  }
}
