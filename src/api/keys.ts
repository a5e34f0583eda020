import { type Static, Type } from "./schema.ts"
import { Id, orNull, Reason, strict, Time } from "./fields.ts"

/** One key of the keyring; `versions` counts the secret versions sealed under it. */
export const KeyItem = strict({
  id: Id,
  purpose: Type.Enum(["kek", "rows", "log"]),
  state: Type.Enum(["active", "retiring"]),
  createdAt: Time,
  versions: Type.Integer({ minimum: 0 }),
})
/** Versions re-wrapped by the rotation under way, and those still to do. */
export const KeyProgress = strict({
  rewrapped: Type.Integer({ minimum: 0 }),
  remaining: Type.Integer({ minimum: 0 }),
})
/** What wraps the keyring: a root key file, known by the first 8 hex digits of its check value, or a KMS key. */
export const RootKeyItem = Type.Union([
  strict({ kind: Type.Literal("local"), check: Type.String({ pattern: "^[0-9a-f]{8}$" }) }),
  strict({ kind: Type.Literal("kms"), keyArn: Type.String({ maxLength: 2048 }) }),
])
/** `GET /api/keys`. */
export const KeysAnswer = strict({
  root: RootKeyItem,
  keys: Type.Array(KeyItem, { maxItems: 10_000 }),
  /** null: no rotation is under way. */
  progress: orNull(KeyProgress),
})

/** `POST /api/keys/rotate` -> 202 `RotationStarted`. */
export const KeyRotateBody = strict({
  reason: Reason,
  /** Destroy retiring keys once no version is sealed under them. */
  retire: Type.Optional(Type.Boolean()),
})
export const RotationStarted = strict({ message: Type.String({ maxLength: 500 }), keyId: Id })

/** `POST /api/keys/rotate-root` -> 200 `RootRotated`. */
export const RootKeyRotateBody = strict({ reason: Reason })
export const RootRotated = strict({
  message: Type.String({ maxLength: 500 }),
  /** How many keys it wraps now. */
  keys: Type.Integer({ minimum: 1 }),
})

export type KeyItem = Static<typeof KeyItem>
export type KeyProgress = Static<typeof KeyProgress>
export type KeysAnswer = Static<typeof KeysAnswer>
export type KeyRotateBody = Static<typeof KeyRotateBody>
export type RootKeyRotateBody = Static<typeof RootKeyRotateBody>
export type RootRotated = Static<typeof RootRotated>
export type RotationStarted = Static<typeof RotationStarted>
