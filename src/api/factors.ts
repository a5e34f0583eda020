import { TARGETS_MAX } from "../core/lease.ts"
import { type Static, Type } from "./schema.ts"
import { Id, Name, Password, strict, Time } from "./fields.ts"
import { invalidField, parseBody } from "./parse.ts"

/** Tickets: what the server gave out to be sent back once. Opaque. */
const Ticket = Type.String({ minLength: 1, maxLength: 4096, pattern: "^[A-Za-z0-9_-]+$" })
/** Six digits of an app, or a recovery code. A string: a number would have lost its leading zeros. */
const Code = Type.String({ minLength: 1, maxLength: 64 })
/** `PublicKeyCredential.toJSON()`, judged in full by `identity/passkey.ts`. */
const PasskeyResponse = Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}))
const PasskeyShown = strict({ challenge: Ticket, response: PasskeyResponse })
export const FactorLabel = Type.String({ minLength: 1, maxLength: 64 })
/** Argument of `navigator.credentials`, as `parseRequestOptionsFromJSON` and its like read it. */
const PublicKeyOptions = Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}))

/** What shows a second factor: exactly one of the two. */
const shown = { code: Type.Optional(Code), passkey: Type.Optional(PasskeyShown) }

/** `POST /api/auth/factor`, read with `parseShown`: finishes a half session. Answers `LoginAnswer`. */
export const FactorBody = strict(shown)

/** `POST /api/auth/challenge`. */
export const ChallengeBody = strict({
  purpose: Type.Enum(["sign_in", "verify", "approve"]),
  /** Of the request that an approval signs. */
  requestId: Type.Optional(Id),
})
export const ChallengeAnswer = strict({ challenge: Ticket, expiresAt: Time, publicKey: PublicKeyOptions })

/** `POST /api/auth/verify`, read with `parseVerify`. */
export const VerifyBody = strict({
  verb: Type.Enum(["read", "write", "delete", "rotate", "purge", "govern"]),
  secrets: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: TARGETS_MAX, uniqueItems: true })),
  ...shown,
})
export const VerifyAnswer = strict({
  /** For the header x-verification-token. */
  token: Type.String({ minLength: 1, maxLength: 4096 }),
  expiresAt: Time,
})

export const FactorItem = strict({
  id: Id,
  kind: Type.Enum(["totp", "passkey", "recovery"]),
  label: FactorLabel,
  createdAt: Time,
  /** Of recovery codes: how many are left. */
  left: Type.Optional(Type.Integer({ minimum: 0, maximum: 10 })),
})
/** `GET /api/me/factors`, oldest first. */
export const FactorsAnswer = strict({ factors: Type.Array(FactorItem, { maxItems: 100 }) })

/** `POST /api/me/factors/totp`. */
export const TotpAnswer = strict({
  enrolment: Ticket,
  /** Base32, for apps that cannot scan. */
  secret: Type.String({ minLength: 16, maxLength: 64 }),
  uri: Type.String({ maxLength: 1024 }),
  expiresAt: Time,
})
/** `POST /api/me/factors/totp/confirm`. The password while there is no factor yet; later a token for `govern`. */
export const TotpConfirmBody = strict({
  enrolment: Ticket,
  code: Code,
  label: FactorLabel,
  password: Type.Optional(Password),
})

/** `POST /api/me/factors/passkey`. */
export const PasskeyAnswer = strict({ enrolment: Ticket, publicKey: PublicKeyOptions, expiresAt: Time })
export const PasskeyConfirmBody = strict({
  enrolment: Ticket,
  response: PasskeyResponse,
  label: FactorLabel,
  password: Type.Optional(Password),
})

/** `POST /api/me/factors/recovery`: ten new codes, shown this once. */
export const RecoveryBody = strict({ password: Type.Optional(Password) })
export const RecoveryAnswer = strict({
  codes: Type.Array(Type.String({ maxLength: 32 }), { minItems: 10, maxItems: 10 }),
})

/** `PATCH /api/me/factors/{id}`. */
export const FactorPatch = strict({ label: FactorLabel })

export type FactorItem = Static<typeof FactorItem>
export type FactorsAnswer = Static<typeof FactorsAnswer>
export type TotpAnswer = Static<typeof TotpAnswer>
export type PasskeyAnswer = Static<typeof PasskeyAnswer>
export type RecoveryAnswer = Static<typeof RecoveryAnswer>
export type ChallengeAnswer = Static<typeof ChallengeAnswer>
export type VerifyAnswer = Static<typeof VerifyAnswer>
export type VerifyBody = Static<typeof VerifyBody>

export type ShownFactor = { readonly code: string } | { readonly passkey: Static<typeof PasskeyShown> }

/** Exactly one of code and passkey. */
export function oneOfShown(body: {
  readonly code?: string | undefined
  readonly passkey?: Static<typeof PasskeyShown> | undefined
}): ShownFactor {
  const { code, passkey } = body
  if (code !== undefined && passkey === undefined) return { code }
  if (passkey !== undefined && code === undefined) return { passkey }
  throw invalidField("/code", "exactly one of code and passkey must be given")
}

export function parseShown(json: unknown): ShownFactor {
  return oneOfShown(parseBody(FactorBody, json))
}

export function parseVerify(json: unknown): {
  readonly verb: VerifyBody["verb"]
  readonly secrets: readonly string[]
  readonly shown: ShownFactor
} {
  const { verb, secrets, ...rest } = parseBody(VerifyBody, json)
  if ((verb === "govern") === (secrets !== undefined))
    throw invalidField("/secrets", "secrets must be given for every verb but govern, and not for govern")
  return { verb, secrets: secrets ?? [], shown: oneOfShown(rest) }
}
