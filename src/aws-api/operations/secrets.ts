import { TylerError } from "../../core/errors.ts"
import { describeSecret, type VersionFacts } from "../../operations/describe.ts"
import { members, SecretId } from "../fields.ts"
import { labelOutside } from "../labels.ts"
import { epochSeconds, type Operation, operation } from "../operation.ts"
import { secretRef } from "../secret-id.ts"

export const secretOperations: readonly Operation[] = [
  operation({
    name: "DescribeSecret",
    action: "DESCRIBE",
    input: members({ SecretId }),
    async run(desk, caller, input) {
      const ref = secretRef(desk, input.SecretId)
      const { secret, versions } = await describeSecret(desk.service, caller, ref.name)
      if (ref.arn !== undefined && ref.arn !== secret.arn) throw new TylerError("not_found")
      return {
        ARN: secret.arn,
        Name: `${desk.place.prefix}/${secret.name}`,
        Description: secret.description === "" ? undefined : secret.description,
        LastChangedDate: epochSeconds(secret.changedAt),
        LastAccessedDate: secret.lastAccessed === null ? undefined : epochSeconds(Date.parse(secret.lastAccessed)),
        DeletedDate: secret.deletionAt === null ? undefined : epochSeconds(secret.deletionAt),
        Tags: secret.tags.length === 0 ? undefined : secret.tags,
        VersionIdsToStages: stagesByVersion(versions),
        CreatedDate: epochSeconds(secret.createdAt),
      }
    },
  }),
]

/** Versions without a label are left out, and a secret without any has no such member. */
export function stagesByVersion(versions: readonly VersionFacts[]): Record<string, string[]> | undefined {
  const labelled = versions.filter(({ stages }) => stages.length > 0)
  if (labelled.length === 0) return undefined
  return Object.fromEntries(labelled.map(({ versionId, stages }) => [versionId, stages.map(labelOutside)]))
}
