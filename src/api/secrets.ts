import { type Static, Type } from "./schema.ts"
import { AnyLabel, AnyVersionId, Cursor, Name, orNull, Reason, Role, Roles, strict, Time, VersionId } from "./fields.ts"
import { Limit, parseLimit } from "./page.ts"
import { invalidField, parseBody, parseQuery } from "./parse.ts"
import { EffectivePolicy } from "./policies.ts"
import { parseValueBody, ValueFields } from "./value.ts"

const Description = Type.String({ maxLength: 500 })
/** The AWS endpoint takes longer ones than a body here. */
const AnyDescription = Type.String({ maxLength: 2048 })
export const Tag = strict({
  Key: Type.String({ minLength: 1, maxLength: 128 }),
  Value: Type.String({ maxLength: 256 }),
})
const Tags = Type.Array(Tag, { maxItems: 50 })
const Arn = Type.String({ maxLength: 2048 })
const MessageText = Type.String({ maxLength: 500 })

/** `GET /api/secrets`. */
export const ListQuery = strict({
  prefix: Type.Optional(Type.String({ maxLength: 512 })),
  category: Type.Optional(Name),
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  cursor: Type.Optional(Cursor),
  limit: Type.Optional(Limit),
})
export const ListItem = strict({
  name: Name,
  arn: Arn,
  description: AnyDescription,
  tags: Tags,
  lastChanged: Time,
  /** A UTC day, or null when it was never read. */
  lastAccessed: orNull(Type.String({ maxLength: 30 })),
  /** False: it is in AWS, and `tyler aws adopt` has not put it under our rule yet. */
  adopted: Type.Boolean(),
})
export const ListAnswer = strict({
  secrets: Type.Array(ListItem, { maxItems: 100 }),
  /** Items in this answer. */
  total: Type.Integer({ minimum: 0 }),
  /** Alphabetically first of `userRoles`. */
  userRole: orNull(Role),
  userRoles: Roles,
  /** null: there is no more. */
  nextCursor: orNull(Cursor),
})

/** `POST /api/secrets`, read with `parseCreate`. */
export const CreateBody = strict({
  name: Name,
  ...ValueFields,
  category: Type.Optional(Name),
  description: Type.Optional(Description),
  tags: Type.Optional(Tags),
  kmsKeyId: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
})
/** 201 for create; the answer of PUT and rollback too. */
export const WrittenAnswer = strict({ message: MessageText, arn: Arn, name: Name, versionId: AnyVersionId })
/** With the current version; null: the secret has no value yet, which only the AWS endpoint can make. */
export const KeptAnswer = strict({ message: MessageText, arn: Arn, name: Name, versionId: orNull(AnyVersionId) })

/** `PUT /api/secrets/{name}`, read with `parsePut`. */
export const PutBody = strict({ ...ValueFields, reason: Reason, expectedVersion: Type.Optional(VersionId) })

/** `PATCH /api/secrets/{name}`; answers `KeptAnswer`. */
export const PatchBody = strict({
  description: Type.Optional(Description),
  tags: Type.Optional(Tags),
  reason: Reason,
})

/** `DELETE /api/secrets/{name}`. The days' window (7 to 30) is the server's rule. */
export const DeleteBody = strict({
  confirmationCode: Type.String({ maxLength: 600 }),
  reason: Reason,
  forceDelete: Type.Optional(Type.Boolean()),
  recoveryDays: Type.Optional(Type.Integer({ minimum: 7, maximum: 30 })),
})
export const DeletedAnswer = strict({
  message: MessageText,
  arn: Arn,
  name: Name,
  /** When it is purged; the moment of the answer for a purge. */
  deletionDate: Time,
})

/** `POST .../restore`; answers `KeptAnswer`. */
export const RestoreBody = strict({ reason: Reason })

/** `POST .../rollback`; answers as PUT. */
export const RollbackBody = strict({
  versionId: VersionId,
  reason: Reason,
  expectedVersion: Type.Optional(VersionId),
})

export const VersionItem = strict({
  versionId: AnyVersionId,
  stages: Type.Array(AnyLabel, { maxItems: 20 }),
  createdAt: Time,
  createdBy: Type.String({ maxLength: 128 }),
})
const Versions = Type.Array(VersionItem, { maxItems: 1000 })
/** `GET .../versions`, newest first. */
export const VersionsAnswer = strict({ versions: Versions })

/** `GET .../metadata`. */
export const MetadataAnswer = strict({
  name: Name,
  arn: Arn,
  description: AnyDescription,
  tags: Tags,
  createdAt: Time,
  lastChanged: Time,
  lastAccessed: orNull(Type.String({ maxLength: 30 })),
  /** False: it is in AWS, and `tyler aws adopt` has not put it under our rule yet. */
  adopted: Type.Boolean(),
  /** When it will be purged; null for a live secret. */
  deletionDate: orNull(Time),
  /** Since when the value should be replaced, for somebody saw it in an emergency; null: it need not be. */
  rotationDueSince: orNull(Time),
  versions: Versions,
  policy: EffectivePolicy,
})

export type ListQuery = Readonly<{
  prefix: string
  category: string | null
  q: string | null
  cursor: string | null
  limit: number
}>
export type ListItem = Static<typeof ListItem>
export type ListAnswer = Static<typeof ListAnswer>
export type Tag = Static<typeof Tag>
export type CreateBody = Static<typeof CreateBody>
export type WrittenAnswer = Static<typeof WrittenAnswer>
export type KeptAnswer = Static<typeof KeptAnswer>
export type PutBody = Static<typeof PutBody>
export type PatchBody = Static<typeof PatchBody>
export type DeleteBody = Static<typeof DeleteBody>
export type DeletedAnswer = Static<typeof DeletedAnswer>
export type RestoreBody = Static<typeof RestoreBody>
export type RollbackBody = Static<typeof RollbackBody>
export type VersionItem = Static<typeof VersionItem>
export type VersionsAnswer = Static<typeof VersionsAnswer>
export type MetadataAnswer = Static<typeof MetadataAnswer>

export function parseListQuery(query: unknown): ListQuery {
  const { prefix = "", category = null, q = null, cursor = null, limit } = parseQuery(ListQuery, query)
  return { prefix, category, q, cursor, limit: parseLimit(limit) }
}

export function parseCreate(json: unknown): CreateBody {
  return parseValueBody(CreateBody, json)
}

export function parsePut(json: unknown): PutBody {
  return parseValueBody(PutBody, json)
}

export function parsePatch(json: unknown): PatchBody {
  const body = parseBody(PatchBody, json)
  if (body.description === undefined && body.tags === undefined)
    throw invalidField("", "description or tags is required")
  return body
}
