import { Type } from "../../api/schema.ts"
import { startRotation } from "../../operations/rotation/start.ts"
import { AwsError } from "../errors.ts"
import { members, SecretId, ValueMembers } from "../fields.ts"
import { type Operation, operation } from "../operation.ts"
import { inWordsOf, versionIdIn } from "../parameters.ts"
import { secretRef } from "../secret-id.ts"

const NO_FUNCTION = "No Lambda rotation function ARN is associated with this secret."

/** Rotation as AWS's clients ask for it. */
export const rotationOperations: readonly Operation[] = [
  operation({
    name: "RotateSecret",
    action: "ROTATE",
    input: members({
      SecretId,
      ClientRequestToken: ValueMembers.ClientRequestToken,
      RotateImmediately: Type.Optional(Type.Boolean()),
    }),
    async run(desk, caller, input) {
      if (input.ClientRequestToken === undefined)
        throw new AwsError(
          "InvalidParameterException",
          "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
        )
      const idempotencyKey = versionIdIn("ClientRequestToken", input.ClientRequestToken)
      const ref = await secretRef(desk, caller, "rotate", input.SecretId)
      const words = {
        not_rotatable: (error: AwsError["cause"]) => new AwsError("InvalidRequestException", NO_FUNCTION, error),
      }
      const ask = { ...ref, reason: null, revokePrevious: false, idempotencyKey }
      const { arn, name, versionId } = await inWordsOf(words, () => startRotation(desk.service, caller, ask))
      desk.rotation.wake()
      return { ARN: arn, Name: name, VersionId: versionId }
    },
  }),
]
