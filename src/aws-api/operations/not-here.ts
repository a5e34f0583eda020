import { type TSchema, Type } from "../../api/schema.ts"
import { describeSecret } from "../../operations/describe.ts"
import type { Caller } from "../../operations/service.ts"
import type { Desk } from "../desk.ts"
import { type AwsCode, AwsError } from "../errors.ts"
import { members, SecretId } from "../fields.ts"
import { type Operation, operation } from "../operation.ts"
import { NO_REPLICATION } from "../parameters.ts"
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
]

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
