import { Reason, strict } from "./fields.ts"
import { type Static, Type } from "./schema.ts"

/** A file of an earlier backup that the caller has. */
export const BackupPart = strict({
  name: Type.String({ minLength: 1, maxLength: 128 }),
  bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  sha256: Type.String({ pattern: "^[0-9a-f]{64}$", description: "a SHA-256 in 64 hex digits" }),
})

/** `POST /api/backup` -> 200, frames of spec/backup.md. Parts that are `have` are not sent again. */
export const BackupBody = strict({
  reason: Reason,
  have: Type.Optional(Type.Array(BackupPart, { maxItems: 4_096 })),
})

export type BackupBody = Static<typeof BackupBody>
export type BackupPart = Static<typeof BackupPart>
