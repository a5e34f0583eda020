import { type Static, Type } from "./schema.ts"
import { AnyVersionId, Label, Name, orNull, Reason, strict, Time, VersionId } from "./fields.ts"
import { invalidField, parseBody } from "./parse.ts"
import { Problem, ProblemFacts } from "./problem.ts"

/** `POST /api/secrets/{name}/access`, read with `parseAccess`. */
export const AccessBody = strict({
  /** Required of people; a service account's standing reason stands in for a missing one. */
  reason: Type.Optional(Reason),
  unmask: Type.Optional(Type.Boolean()),
  versionId: Type.Optional(VersionId),
  stage: Type.Optional(Label),
  /** `string`: text that is a JSON object is answered as the text it is. */
  as: Type.Optional(Type.Literal("string")),
  skipCache: Type.Optional(Type.Boolean()),
})

/** What proves that the entry was durable before the value left. */
export const ReceiptAnswer = strict({
  /** Position in the log, from 0. */
  index: Type.Integer({ minimum: 0 }),
  /** Base64 of 32 bytes. */
  leafHash: Type.String({ minLength: 44, maxLength: 44 }),
  /** C2SP signed note. */
  checkpoint: Type.String({ maxLength: 4096 }),
})

/** Exactly one of `value` and `valueBase64`; masked values are `value`. */
export const AccessAnswer = strict({
  name: Name,
  value: Type.Optional(
    Type.Unsafe<string | Readonly<Record<string, unknown>>>(Type.Union([Type.String(), Type.Object({})])),
  ),
  valueBase64: Type.Optional(Type.String()),
  masked: Type.Boolean(),
  accessTime: Time,
  versionId: AnyVersionId,
  receipt: ReceiptAnswer,
  /** Uses left today for this secret; null: no limit. */
  remainingToday: orNull(Type.Integer({ minimum: 0 })),
})

/** `POST /api/secrets/access`: up to 50 secrets in one durable act. */
export const BatchBody = strict({
  names: Type.Array(Name, { minItems: 1, maxItems: 50, uniqueItems: true }),
  reason: Type.Optional(Reason),
  unmask: Type.Optional(Type.Boolean()),
})
/** What was refused carries the same facts as the error answer of a single read would. */
export const BatchRefusal = strict({
  ...ProblemFacts,
  name: Name,
  error: Problem.properties.error,
  code: Problem.properties.code,
})
/** Items stand in the order of `names`. */
export const BatchAnswer = strict({
  items: Type.Array(Type.Union([AccessAnswer, BatchRefusal]), { minItems: 1, maxItems: 50 }),
})

export type AccessBody = Static<typeof AccessBody>
export type ReceiptAnswer = Static<typeof ReceiptAnswer>
export type AccessAnswer = Static<typeof AccessAnswer>
export type BatchBody = Static<typeof BatchBody>
export type BatchRefusal = Static<typeof BatchRefusal>
export type BatchAnswer = Static<typeof BatchAnswer>

export function parseAccess(json: unknown): AccessBody {
  const body = parseBody(AccessBody, json)
  if (body.versionId !== undefined && body.stage !== undefined)
    throw invalidField("/stage", "versionId and stage cannot both be given")
  return body
}
