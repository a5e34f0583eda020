import { type TSchema, Type } from "../../api/schema.ts"
import { describeSecret } from "../../operations/describe.ts"
import { refuseRotation } from "../../operations/rotate.ts"
import type { Caller } from "../../operations/service.ts"
import type { Desk } from "../desk.ts"
import { type AwsCode, AwsError } from "../errors.ts"
import { members, SecretId, ValueMembers } from "../fields.ts"
import { type Operation, operation } from "../operation.ts"
import { inWordsOf, NO_REPLICATION, versionIdIn } from "../parameters.ts"
import { secretRef } from "../secret-id.ts"

/** Operations on what a secret here does not have. The caller learns why, once policy lets him see the secret. */

const NO_POLICY =
  "Secrets here have no resource policies: who may use a secret is decided by this server's policy rows, which an admin changes."

/** Whatever it is, it is not looked at. */
const Anything = Type.Unsafe<unknown>({})

export const notHereOperations: readonly Operation[] = [
  operation({
    name: "GetResourcePolicy",
    action: "DESCRIBE",
    input: members({ SecretId }),
    run: (desk, caller, input) => identified(desk, caller, input.SecretId),
  }),
  refused("PutResourcePolicy", "InvalidRequestException", NO_POLICY, {
    ResourcePolicy: Type.String({ minLength: 1, maxLength: 20_480 }),
    BlockPublicPolicy: Type.Optional(Type.Boolean()),
  }),
  refused("DeleteResourcePolicy", "InvalidRequestException", NO_POLICY, {}),
  operation({
    name: "ValidateResourcePolicy",
    action: "DESCRIBE",
    input: members({
      SecretId: Type.Optional(SecretId),
      ResourcePolicy: Type.String({ minLength: 1, maxLength: 20_480 }),
    }),
    async run(desk, caller, input) {
      if (input.SecretId !== undefined) await identified(desk, caller, input.SecretId)
      throw new AwsError("InvalidRequestException", NO_POLICY)
    },
  }),
  refused("ReplicateSecretToRegions", "InvalidParameterException", NO_REPLICATION, {
    AddReplicaRegions: Anything,
    ForceOverwriteReplicaSecret: Type.Optional(Type.Boolean()),
  }),
  refused("RemoveRegionsFromReplication", "InvalidParameterException", NO_REPLICATION, {
    RemoveReplicaRegions: Anything,
  }),
  refused("StopReplicationToReplica", "InvalidParameterException", NO_REPLICATION, {}),

  operation({
    name: "RotateSecret",
    action: "ROTATE",
    input: members({
      SecretId,
      ClientRequestToken: ValueMembers.ClientRequestToken,
      RotationLambdaARN: Type.Optional(Type.String({ maxLength: 2048 })),
      RotationRules: Type.Optional(Anything),
      RotateImmediately: Type.Optional(Type.Boolean()),
    }),
    async run(desk, caller, input) {
      if (input.ClientRequestToken === undefined)
        throw new AwsError(
          "InvalidParameterException",
          "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
        )
      versionIdIn("ClientRequestToken", input.ClientRequestToken)
      const none = input.RotationLambdaARN === undefined || input.RotationLambdaARN === ""
      return rotation(desk, caller, "ROTATE", input.SecretId, none ? NO_FUNCTION : NO_ENGINE)
    },
  }),
  operation({
    name: "CancelRotateSecret",
    action: "ROTATE",
    input: members({ SecretId }),
    run: (desk, caller, input) => rotation(desk, caller, "ROTATE", input.SecretId, NEVER_CONFIGURED),
  }),
]

const NO_FUNCTION = "No Lambda rotation function ARN is associated with this secret."
const NO_ENGINE = "This server does not invoke rotation functions, so none can be associated with a secret."
const NEVER_CONFIGURED = "Rotation was never configured for this secret."

/** Permitted and on record as REST's rotation, and refused as that is: nothing can rotate a secret yet. */
async function rotation(desk: Desk, caller: Caller, action: string, id: string, text: string): Promise<object> {
  const ref = await secretRef(desk, caller, "rotate", id)
  const words = { not_rotatable: (error: AwsError["cause"]) => new AwsError("InvalidRequestException", text, error) }
  return inWordsOf(words, () => refuseRotation(desk.service, caller, { ...ref, action, reason: null }))
}

/** For whoever may list the secret. */
async function identified(desk: Desk, caller: Caller, id: string): Promise<object> {
  const { secret } = await describeSecret(desk.service, caller, await secretRef(desk, caller, "list", id))
  return { ARN: secret.arn, Name: secret.name }
}

function refused(name: string, code: AwsCode, text: string, more: Record<string, TSchema>): Operation {
  return operation({
    name,
    action: "DESCRIBE",
    input: members({ ...more, SecretId }),
    async run(desk, caller, input) {
      await identified(desk, caller, input.SecretId)
      throw new AwsError(code, text)
    },
  })
}
