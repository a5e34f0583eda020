import { Id, orNull, Password, Reason, Scope, strict, Time } from "./fields.ts"
import { type Static, Type } from "./schema.ts"

/** `POST /api/access-keys` -> 201 `IssuedAccessKey`. Without `serviceAccountId` the key is the caller's own. */
export const AccessKeyBody = strict({
  /** The reason stands for it if there is none. */
  label: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  /** Why the key asks for secrets: it stands in the entry of every read. */
  reason: Reason,
  expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 365 })),
  serviceAccountId: Type.Optional(Id),
  scope: Type.Optional(Scope),
  /** For a key of one's own, where there is no second factor. */
  password: Type.Optional(Password),
})

/** 20 capitals and digits. */
const AccessKeyId = Type.String({ pattern: "^[A-Z0-9]{20}$" })

export const IssuedAccessKey = strict({
  accessKeyId: AccessKeyId,
  secretAccessKey: Type.String({ minLength: 40, maxLength: 64 }),
  /** The Region that signatures are to be for. */
  region: Type.String({ minLength: 1, maxLength: 64 }),
  /** Where AWS's clients are pointed. */
  endpointUrl: Type.String({ minLength: 1, maxLength: 512 }),
  expiresAt: Time,
})

export const AccessKeyItem = strict({
  accessKeyId: AccessKeyId,
  label: Type.String({ maxLength: 200 }),
  reason: Type.String({ maxLength: 1000 }),
  scope: orNull(Scope),
  createdAt: Time,
  expiresAt: Time,
})

/** `GET /api/access-keys`: valid ones, oldest first; of somebody else for admins. */
export const AccessKeysQuery = Type.Object({ principalId: Type.Optional(Id) }, { additionalProperties: false })
export const AccessKeysAnswer = strict({ accessKeys: Type.Array(AccessKeyItem, { maxItems: 5 }) })

export type AccessKeyBody = Static<typeof AccessKeyBody>
export type IssuedAccessKey = Static<typeof IssuedAccessKey>
export type AccessKeyItem = Static<typeof AccessKeyItem>
export type AccessKeysAnswer = Static<typeof AccessKeysAnswer>
