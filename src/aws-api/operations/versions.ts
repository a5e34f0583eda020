import { Type } from "../../api/schema.ts"
import type { TylerError } from "../../core/errors.ts"
import { listVersions, patchSecret, type VersionFacts } from "../../operations/describe.ts"
import { putSecret } from "../../operations/put.ts"
import { stageVersion } from "../../operations/stage.ts"
import { AwsError } from "../errors.ts"
import {
  Description,
  KmsKeyId,
  members,
  NextToken,
  SecretId,
  ValueMembers,
  VersionId,
  VersionStage,
} from "../fields.ts"
import { labelInside, labelOutside } from "../labels.ts"
import { nextToken, placeIn } from "../next-token.ts"
import { dayOf, epochSeconds, type Operation, operation } from "../operation.ts"
import { inWordsOf, refuseKmsKey, requestToken, tokenUsed, valueIn, versionIdIn } from "../parameters.ts"
import { secretRef } from "../secret-id.ts"

const PAGE = 100

export const versionOperations: readonly Operation[] = [
  operation({
    name: "PutSecretValue",
    action: "UPDATE",
    input: members({
      SecretId,
      VersionStages: Type.Optional(Type.Array(VersionStage, { minItems: 1, maxItems: 20 })),
      // What a rotation function got from AWS for AWS; here the key that signs says who asks.
      RotationToken: Type.Optional(Type.String({ minLength: 36, maxLength: 256 })),
      ...ValueMembers,
    }),
    async run(desk, caller, input) {
      const token = requestToken(input)
      const stages = input.VersionStages?.map(labelInside)
      const ref = await secretRef(desk, caller, "write", input.SecretId)
      const stored = valueIn(input)
      if (stored === null)
        throw new AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
      const ask = { ...ref, ...PLAIN_WRITE, stored, stages, idempotencyKey: token }
      const words = { idempotency_mismatch: tokenUsed(token) }
      const put = await inWordsOf(words, () => putSecret(desk.service, caller, ask))
      const VersionStages = put.stages.map(labelOutside)
      return { ARN: put.arn, Name: put.name, VersionId: put.versionId, VersionStages }
    },
  }),

  operation({
    name: "UpdateSecret",
    action: "UPDATE",
    input: members({
      SecretId,
      Description: Type.Optional(Description),
      KmsKeyId: Type.Optional(KmsKeyId),
      ...ValueMembers,
    }),
    async run(desk, caller, input) {
      const token = requestToken(input)
      refuseKmsKey(input.KmsKeyId)
      const ref = await secretRef(desk, caller, "write", input.SecretId)
      const description = input.Description
      const stored = valueIn(input)
      if (stored === null) {
        const { arn, name } = await patchSecret(desk.service, caller, {
          ...ref,
          description,
          tags: undefined,
          reason: null,
        })
        return { ARN: arn, Name: name }
      }
      const ask = { ...ref, ...PLAIN_WRITE, stored, description, idempotencyKey: token }
      const words = { idempotency_mismatch: tokenUsed(token) }
      const put = await inWordsOf(words, () => putSecret(desk.service, caller, ask))
      return { ARN: put.arn, Name: put.name, VersionId: put.versionId }
    },
  }),

  operation({
    name: "UpdateSecretVersionStage",
    action: "STAGE",
    input: members({
      SecretId,
      VersionStage,
      RemoveFromVersionId: Type.Optional(VersionId),
      MoveToVersionId: Type.Optional(VersionId),
    }),
    async run(desk, caller, input) {
      const { MoveToVersionId: to, RemoveFromVersionId: from } = input
      if (to === undefined && from === undefined)
        throw new AwsError("InvalidParameterException", "You must provide MoveToVersionId or RemoveFromVersionId.")
      const ref = await secretRef(desk, caller, "write", input.SecretId)
      const ask = {
        ...ref,
        label: labelInside(input.VersionStage),
        to: to === undefined ? undefined : versionIdIn("MoveToVersionId", to),
        from: from === undefined ? undefined : versionIdIn("RemoveFromVersionId", from),
        reason: null,
      }
      const ARN = await inWordsOf(LABEL_WORDS, () => stageVersion(desk.service, caller, ask))
      return { ARN, Name: ref.name }
    },
  }),

  operation({
    name: "ListSecretVersionIds",
    action: "LIST_VERSIONS",
    input: members({
      SecretId,
      MaxResults: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
      NextToken,
      IncludeDeprecated: Type.Optional(Type.Boolean()),
    }),
    async run(desk, caller, input) {
      const { MaxResults = PAGE, IncludeDeprecated = false } = input
      const ref = await secretRef(desk, caller, "list", input.SecretId)
      const question = [ref.name, IncludeDeprecated]
      const paging = { desk, caller, operation: "ListSecretVersionIds", question }
      const below = (placeIn(paging, input.NextToken) ?? Number.POSITIVE_INFINITY) as number
      const { secret, versions } = await listVersions(desk.service, caller, ref)
      const listed = versions.filter(({ seq, stages }) => seq < below && (IncludeDeprecated || stages.length > 0))
      const page = listed.slice(0, MaxResults)
      const more = listed.length > page.length
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: page.map(versionAnswer),
        NextToken: nextToken(paging, more ? (page.at(-1)?.seq ?? null) : null),
      }
    },
  }),
]

const PLAIN_WRITE = { reason: null, expectedVersion: undefined } as const

/** `DefaultEncryptionKey`: what AWS says of a version under a key that it manages itself. */
function versionAnswer({ versionId, stages, lastAccessed, createdAt }: VersionFacts): object {
  return {
    VersionId: versionId,
    VersionStages: stages.length === 0 ? undefined : stages.map(labelOutside),
    LastAccessedDate: dayOf(lastAccessed),
    CreatedDate: epochSeconds(createdAt),
    KmsKeyIds: ["DefaultEncryptionKey"],
  }
}

const LABEL_WORDS = {
  label_held: labelError(
    (label, id) =>
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${id}, so you must explicitly reference that version in RemoveFromVersionId.`,
  ),
  label_not_there: labelError((label, id) => `Staging label ${label} is not attached to version ${id}.`),
  label_required: labelError(
    (label) =>
      `You can only move staging label ${label} to a different secret version. It can't be completely removed.`,
  ),
} as const

function labelError(says: (label: string, versionId: string) => string): (error: TylerError) => AwsError {
  return (error) => {
    const { stage, versionId } = error.facts as { readonly stage: string; readonly versionId: string }
    return new AwsError("InvalidParameterException", says(labelOutside(stage), versionId), error)
  }
}
