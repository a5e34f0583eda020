import { type TSchema, Type } from "../api/schema.ts"

/**
 * Members that several operations share, bounded as AWS's model bounds them (botocore, secretsmanager 2017-10-17).
 * Objects refuse members that they do not name, so that nothing a caller asks for is silently left out.
 */
export const SecretId = Type.String({ minLength: 1, maxLength: 2048 })
export const VersionId = Type.String({ minLength: 32, maxLength: 64 })
export const VersionStage = Type.String({ minLength: 1, maxLength: 256 })

export function members<P extends Record<string, TSchema>>(fields: P) {
  return Type.Object(fields, { additionalProperties: false })
}
