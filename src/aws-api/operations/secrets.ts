import { PENDING } from "../../core/stage.ts"
import type { VersionId } from "../../core/version.ts"
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
      const { secret, versions, schedule, awaited } = await describeSecret(desk.service, caller, ref)
      return {
        ...secretFacts(secret, schedule, desk.place),
        DeletedDate: secret.deletionAt === null ? undefined : epochSeconds(secret.deletionAt),
        VersionIdsToStages: stagesByVersion(versions, awaited),
      }
    },
  }),
]

/**
 * Versions without a label are left out, and a secret without any has no such member. A rotation shows its version from
 * its first moment on, as AWS does.
 */
function stagesByVersion(
  versions: readonly VersionFacts[],
  awaited: VersionId | null,
): Record<string, string[]> | undefined {
  const labelled = versions.filter(({ stages }) => stages.length > 0)
  const shown = labelled.map(({ versionId, stages }) => [versionId, stages.map(labelOutside)] as const)
  if (awaited !== null && !labelled.some(({ stages }) => stages.includes(PENDING)))
    shown.push([awaited, [labelOutside(PENDING)]])
  return shown.length === 0 ? undefined : Object.fromEntries(shown)
}
