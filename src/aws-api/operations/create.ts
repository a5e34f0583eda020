import { Type } from "../../api/schema.ts"
import { parseName, type SecretName } from "../../core/name.ts"
import { TylerError } from "../../core/errors.ts"
import { createSecret } from "../../operations/create.ts"
import { withoutPrefix } from "../../operations/secret-id.ts"
import { mergedTags, MOST_TAGS } from "../../state/tags.ts"
import type { Desk } from "../desk.ts"
import { AwsError } from "../errors.ts"
import { Description, KmsKeyId, members, Tags, ValueMembers } from "../fields.ts"
import { type Operation, operation } from "../operation.ts"
import { inWordsOf, kmsKeyIn, refuseReplicas, requestToken, tagsIn, tokenUsed, valueIn } from "../parameters.ts"
import { invalidName } from "../secret-id.ts"

export const createOperations: readonly Operation[] = [
  operation({
    name: "CreateSecret",
    action: "CREATE",
    input: members({
      Name: Type.String({ minLength: 1, maxLength: 512 }),
      Description: Type.Optional(Description),
      KmsKeyId: Type.Optional(KmsKeyId),
      Tags: Type.Optional(Tags),
      AddReplicaRegions: Type.Optional(Type.Array(Type.Object({}))),
      ForceOverwriteReplicaSecret: Type.Optional(Type.Boolean()),
      ...ValueMembers,
    }),
    async run(desk, caller, input) {
      const name = newName(desk, input.Name)
      const token = requestToken(input)
      refuseReplicas(input.AddReplicaRegions)
      const ask = {
        name,
        description: input.Description ?? "",
        tags: input.Tags === undefined ? null : distinct(tagsIn(input.Tags)),
        idempotencyKey: token,
        kmsKeyId: kmsKeyIn(input.KmsKeyId),
        stored: valueIn(input),
      }
      const words = {
        secret_exists: taken(name),
        secret_pending_deletion: awaitsDeletion,
        idempotency_mismatch: tokenUsed(token),
      }
      const written = await inWordsOf(words, () => createSecret(desk.service, caller, ask))
      return { ARN: written.arn, Name: name, VersionId: written.versionId ?? undefined }
    },
  }),
]

/** Given as it is here: the prefix belongs to names in AWS, and would be part of this one. */
function newName({ service }: Desk, text: string): SecretName {
  const bare = withoutPrefix(service, text)
  if (bare !== text)
    throw new AwsError(
      "InvalidParameterException",
      `A name here does not begin with ${service.settings.prefix}/; the secret that you mean is called ${bare}.`,
      new TylerError("invalid_name"),
    )
  const parsed = parseName(text, service.settings.nameLimit)
  if ("fault" in parsed) throw invalidName(new TylerError("invalid_name", { fault: parsed.fault }))
  return parsed.name
}

/** Of a key that comes twice the last one counts. */
function distinct(tags: ReturnType<typeof tagsIn>) {
  const merged = mergedTags(null, tags, [])
  if (merged === undefined) throw new TylerError("too_many_tags", { limit: MOST_TAGS })
  return merged
}

function taken(name: SecretName): (error: TylerError) => AwsError {
  const text = `The operation failed because the secret ${name} already exists.`
  return (error) => new AwsError("ResourceExistsException", text, error)
}

function awaitsDeletion(error: TylerError): AwsError {
  const text = "You can't create this secret because a secret with this name is already scheduled for deletion."
  return new AwsError("InvalidRequestException", text, error)
}
