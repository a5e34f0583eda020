import { type Static, Type } from "../../api/schema.ts"
import { TylerError } from "../../core/errors.ts"
import { parseRequestToken } from "../../core/version.ts"
import { recordRefusal, type Result } from "../../operations/perform.ts"
import { type Disclosure, type ReadRequest, readSecret, readSecrets } from "../../operations/read.ts"
import type { Named } from "../../operations/secret.ts"
import type { Caller } from "../../operations/service.ts"
import type { Desk } from "../desk.ts"
import { AwsError, toldBy } from "../errors.ts"
import { Filters, members, NextToken, SecretId, VersionId, VersionStage } from "../fields.ts"
import { labelInside, labelOutside } from "../labels.ts"
import { epochSeconds, type Operation, operation } from "../operation.ts"
import { secretRef } from "../secret-id.ts"
import { filtersIn, pageOf, spelled } from "./list.ts"

const GetSecretValue = members({
  SecretId,
  VersionId: Type.Optional(VersionId),
  VersionStage: Type.Optional(VersionStage),
})

const BatchGetSecretValue = members({
  SecretIdList: Type.Optional(Type.Array(SecretId, { minItems: 1, maxItems: 20 })),
  Filters: Type.Optional(Filters),
  MaxResults: Type.Optional(Type.Integer({ minimum: 1, maximum: 20 })),
  NextToken,
})

/** Secrets of one batch: AWS's bound, and its default. */
const BATCH = 20

export const valueOperations: readonly Operation[] = [
  operation({
    name: "GetSecretValue",
    action: "GET",
    input: GetSecretValue,
    reads: true,
    async run(desk, caller, input) {
      const { VersionId: id, VersionStage: stage } = input
      const ref = await secretRef(desk, caller, "reveal", input.SecretId)
      const versionId = id === undefined ? undefined : parseRequestToken(id)
      if (id !== undefined && versionId === undefined) throw new TylerError("not_found", { versionId: id })
      const ask = { ...plainRead(ref), versionId, stage: stage === undefined ? undefined : labelInside(stage) }
      try {
        return valueAnswer(await readSecret(desk.service, caller, ask))
      } catch (error) {
        throw asAsked(error, input)
      }
    },
  }),

  operation({
    name: "BatchGetSecretValue",
    action: "GET",
    input: BatchGetSecretValue,
    async run(desk, caller, input) {
      const { ids, next } = await batchOf(desk, caller, input)
      desk.takeReads(caller.principal, ids.length)
      const meant = await Promise.all(ids.map((id) => refOrRefusal(desk, caller, id)))
      const refs = meant.filter((one) => "name" in one)
      const results = await readSecrets(desk.service, caller, refs.map(plainRead))
      const values: object[] = []
      const errors: object[] = []
      let read = 0
      meant.forEach((one, at) => {
        const result = "name" in one ? (results[read++] as Result<Disclosure>) : one
        if ("value" in result) values.push(valueAnswer(result.value))
        else errors.push(refusedItem(desk, caller, ids[at] ?? "", result.error))
      })
      return { SecretValues: values, NextToken: next, Errors: errors }
    },
  }),
]

/** What no secret can be called is the error of its own item, with an entry of its own. */
async function refOrRefusal(
  desk: Desk,
  caller: Caller,
  id: string,
): Promise<Named | { readonly error: AwsError | TylerError }> {
  try {
    return await secretRef(desk, caller, "reveal", id)
  } catch (error) {
    if (!(error instanceof AwsError) && !isNotFound(error)) throw error
    const about = { action: "GET", resourceType: "secret", resourceName: id, reason: null }
    await recordRefusal(desk.service, caller, about, error instanceof AwsError ? error.cause : error)
    return { error }
  }
}

function isNotFound(error: unknown): error is TylerError {
  return error instanceof TylerError && error.code === "not_found"
}

function plainRead(ref: Named): ReadRequest {
  return { ...ref, ...PLAIN_READ }
}

const PLAIN_READ = {
  reason: null,
  unmask: true,
  versionId: undefined,
  stage: undefined,
  as: "string",
  skipCache: false,
  labelled: true,
} as const

interface Batch {
  readonly ids: readonly string[]
  readonly next: string | undefined
}

/** The secrets that are named, or a page of those that pass the filters and may be listed. */
async function batchOf(desk: Desk, caller: Caller, input: Static<typeof BatchGetSecretValue>): Promise<Batch> {
  const { SecretIdList: ids, Filters: given, MaxResults: limit, NextToken: token } = input
  if ((ids === undefined) === (given === undefined))
    throw new AwsError(
      "InvalidParameterException",
      "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
    )
  if (ids !== undefined) {
    if (limit === undefined && token === undefined) return { ids, next: undefined }
    const text = "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
    throw new AwsError("InvalidParameterException", text)
  }
  const filters = filtersIn(given)
  const paging = { desk, caller, operation: "BatchGetSecretValue", question: spelled(filters) }
  const order = { by: "created", descending: false, pending: false, limit: limit ?? BATCH } as const
  const { found, next } = await pageOf(paging, token, filters, order)
  return { ids: found.map(({ secret }) => secret.arn), next }
}

function refusedItem(desk: Desk, caller: Caller, id: string, error: TylerError | AwsError): object {
  desk.refusedItem(error instanceof AwsError ? error.cause : error)
  const { code, message } = toldBy(desk, caller.origin, error, id)
  return { SecretId: id, ErrorCode: code, Message: message }
}

function valueAnswer(read: Disclosure): object {
  return {
    ARN: read.arn,
    Name: read.name,
    VersionId: read.versionId,
    ...("value" in read.value ? { SecretString: read.value.value } : { SecretBinary: read.value.valueBase64 }),
    VersionStages: read.stages.map(labelOutside),
    CreatedDate: epochSeconds(read.createdAt),
  }
}

/** Where both are given, what is wrong is that they do not go together. */
function asAsked(error: unknown, { VersionId: id, VersionStage: stage }: Static<typeof GetSecretValue>): unknown {
  const both = id !== undefined && stage !== undefined
  if (!both || !(error instanceof TylerError) || error.code !== "invalid_request") return error
  const text = "You provided a VersionStage that is not associated to the provided VersionId."
  return new AwsError("InvalidRequestException", text, error)
}
