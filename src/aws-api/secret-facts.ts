import type { SecretRow } from "../state/rows.ts"
import { dayOf, epochSeconds } from "./operation.ts"

/** What DescribeSecret and ListSecrets both say of a secret; empty members are left out. */
export function secretFacts(secret: SecretRow): object {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description === "" ? undefined : secret.description,
    LastChangedDate: epochSeconds(secret.changedAt),
    LastAccessedDate: dayOf(secret.lastAccessed),
    // Left out where there never were any; empty once the last was taken away.
    Tags: secret.tags ?? undefined,
    CreatedDate: epochSeconds(secret.createdAt),
  }
}
