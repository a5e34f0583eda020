import { describeSecret, type VersionFacts } from "../../operations/describe.ts"
import { members, SecretId } from "../fields.ts"
import { labelOutside } from "../labels.ts"
import { epochSeconds, type Operation, operation } from "../operation.ts"
import { secretFacts } from "../secret-facts.ts"
import { secretRef } from "../secret-id.ts"

export const secretOperations: readonly Operation[] = [
  operation({
    name: "DescribeSecret",
    action: "DESCRIBE",
    input: members({ SecretId }),
    async run(desk, caller, input) {
      const ref = await secretRef(desk, caller, "list", input.SecretId)
      const { secret, versions } = await describeSecret(desk.service, caller, ref)
      return {
        ...secretFacts(secret),
        DeletedDate: secret.deletionAt === null ? undefined : epochSeconds(secret.deletionAt),
        VersionIdsToStages: stagesByVersion(versions),
      }
    },
  }),
]

/** Versions without a label are left out, and a secret without any has no such member. */
function stagesByVersion(versions: readonly VersionFacts[]): Record<string, string[]> | undefined {
  const labelled = versions.filter(({ stages }) => stages.length > 0)
  if (labelled.length === 0) return undefined
  return Object.fromEntries(labelled.map(({ versionId, stages }) => [versionId, stages.map(labelOutside)]))
}
