import { type Static, Type } from "../../api/schema.ts"
import { TylerError } from "../../core/errors.ts"
import { parseVersionId } from "../../core/version.ts"
import { type Disclosure, readSecret } from "../../operations/read.ts"
import { AwsError } from "../errors.ts"
import { members, SecretId, VersionId, VersionStage } from "../fields.ts"
import { labelInside, labelOutside } from "../labels.ts"
import { epochSeconds, type Operation, operation } from "../operation.ts"
import { secretRef } from "../secret-id.ts"

const GetSecretValue = members({
  SecretId,
  VersionId: Type.Optional(VersionId),
  VersionStage: Type.Optional(VersionStage),
})

export const valueOperations: readonly Operation[] = [
  operation({
    name: "GetSecretValue",
    action: "GET",
    input: GetSecretValue,
    reads: true,
    async run(desk, caller, input) {
      const ref = secretRef(desk, input.SecretId)
      const { VersionId: id, VersionStage: stage } = input
      const versionId = id === undefined ? undefined : parseVersionId(id)
      if (id !== undefined && versionId === undefined) throw new TylerError("not_found", { versionId: id })
      const label = stage === undefined ? undefined : labelInside(stage)
      if (stage !== undefined && label === undefined) throw new TylerError("not_found", { stage })
      try {
        const read = await readSecret(desk.service, caller, {
          name: ref.name,
          arn: ref.arn,
          reason: null,
          unmask: true,
          versionId,
          stage: label,
          as: "string",
          skipCache: false,
          labelled: true,
        })
        return valueAnswer(desk.place.prefix, read)
      } catch (error) {
        throw asAsked(error, input)
      }
    },
  }),
]

export function valueAnswer(prefix: string, read: Disclosure): object {
  return {
    ARN: read.arn,
    Name: `${prefix}/${read.name}`,
    VersionId: read.versionId,
    ...("value" in read.value ? { SecretString: read.value.value } : { SecretBinary: read.value.valueBase64 }),
    VersionStages: read.stages.map(labelOutside),
    CreatedDate: epochSeconds(read.createdAt),
  }
}

/** In the labels of who asks. */
function asAsked(error: unknown, { VersionId: id, VersionStage: stage }: Static<typeof GetSecretValue>): unknown {
  if (!(error instanceof TylerError)) return error
  if (error.code === "invalid_request" && id !== undefined && stage !== undefined)
    return new AwsError(
      "InvalidRequestException",
      "You provided a VersionStage that is not associated to the provided VersionId.",
      error,
    )
  const label = error.facts["stage"]
  if (error.code !== "not_found" || typeof label !== "string") return error
  const text = `Secrets Manager can't find the specified secret value for staging label: ${labelOutside(label)}`
  return new AwsError("ResourceNotFoundException", text, error)
}
