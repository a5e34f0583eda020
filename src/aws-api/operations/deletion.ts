import { Type } from "../../api/schema.ts"
import { removeSecret } from "../../operations/remove.ts"
import { restoreSecret } from "../../operations/restore.ts"
import { RECOVERY_DAYS } from "../../secrets/lifecycle.ts"
import { AwsError } from "../errors.ts"
import { members, SecretId } from "../fields.ts"
import { epochSeconds, type Operation, operation } from "../operation.ts"
import { secretRef } from "../secret-id.ts"

export const deletionOperations: readonly Operation[] = [
  operation({
    name: "DeleteSecret",
    action: "DELETE",
    input: members({
      SecretId,
      RecoveryWindowInDays: Type.Optional(Type.Integer()),
      ForceDeleteWithoutRecovery: Type.Optional(Type.Boolean()),
    }),
    async run(desk, caller, input) {
      const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: forceDelete = false } = input
      if (forceDelete && days !== undefined)
        throw new AwsError(
          "InvalidParameterException",
          "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        )
      const recoveryDays = windowIn(days)
      const ref = await secretRef(desk, caller, forceDelete ? "purge" : "delete", input.SecretId)
      const ask = {
        ...ref,
        confirmationCode: null,
        reason: null,
        forceDelete,
        recoveryDays,
        absentIsDone: true,
      } as const
      const removed = await removeSecret(desk.service, caller, ask)
      return { ARN: removed.arn, Name: removed.name, DeletionDate: epochSeconds(removed.deletionDate) }
    },
  }),

  operation({
    name: "RestoreSecret",
    action: "RESTORE",
    input: members({ SecretId }),
    async run(desk, caller, input) {
      const ref = await secretRef(desk, caller, "restore", input.SecretId)
      const ask = { ...ref, reason: null, liveIsDone: true } as const
      const { arn, name } = await restoreSecret(desk.service, caller, ask)
      return { ARN: arn, Name: name }
    },
  }),
]

function windowIn(days: number = RECOVERY_DAYS.usual): number {
  const { least, most } = RECOVERY_DAYS
  if (days >= least && days <= most) return days
  const text = `The RecoveryWindowInDays value must be between ${least} and ${most} days (inclusive).`
  throw new AwsError("InvalidParameterException", text)
}
