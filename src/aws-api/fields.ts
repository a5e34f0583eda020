import { type Static, type TSchema, Type } from "../api/schema.ts"

/**
 * Members that several operations share, bounded as AWS's model bounds them (botocore, secretsmanager 2017-10-17).
 * Objects refuse members that they do not name, so that nothing a caller asks for is silently left out.
 */
export const SecretId = Type.String({ minLength: 1, maxLength: 2048 })
export const VersionId = Type.String({ minLength: 32, maxLength: 64 })
export const VersionStage = Type.String({ minLength: 1, maxLength: 256 })
export const Description = Type.String({ maxLength: 2048 })
export const KmsKeyId = Type.String({ maxLength: 2048 })
export const NextToken = Type.Optional(Type.String({ minLength: 1, maxLength: 4096 }))
export const Tags = Type.Array(
  members({
    Key: Type.String({ minLength: 1, maxLength: 128 }),
    Value: Type.Optional(Type.String({ maxLength: 256 })),
  }),
)
export type Tags = Static<typeof Tags>

/** In bytes the value is judged by the operation, `operations/value.ts`. */
export const ValueMembers = {
  SecretString: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
  /** Base64 of at most 65,536 bytes. */
  SecretBinary: Type.Optional(Type.String({ minLength: 1, maxLength: 87_384 })),
  ClientRequestToken: Type.Optional(VersionId),
}

export const Filters = Type.Array(
  members({
    Key: Type.Optional(Type.String()),
    Values: Type.Optional(
      Type.Array(
        Type.String({
          maxLength: 512,
          pattern: "^!?[a-zA-Z0-9 :_@/+=.\\-!]*$",
          description: "a filter value (at most 512 letters, digits, spaces or :_@/+=.-!)",
        }),
        { minItems: 1, maxItems: 10 },
      ),
    ),
  }),
  { maxItems: 10 },
)
export type Filters = Static<typeof Filters>

export function members<P extends Record<string, TSchema>>(fields: P) {
  return Type.Object(fields, { additionalProperties: false })
}
