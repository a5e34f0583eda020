import { Id, orNull, Reason, strict, Time, Token } from "./fields.ts"
import { type Static, Type } from "./schema.ts"

const Url = Type.String({ minLength: 1, maxLength: 512 })

const Binding = strict({
  /** Judged in full by `identity/subject-pattern.ts`. */
  subject: Type.String({ minLength: 1, maxLength: 512 }),
  /** Each of these claims must be exactly that text. */
  claims: Type.Optional(
    Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 512 }), {
      maxProperties: 10,
      propertyNames: {
        pattern: "^[A-Za-z0-9_.:/-]{1,128}$",
        description: "names of 1 to 128 letters, digits or _.:/-",
      },
    }),
  ),
  accountId: Id,
})

/** A JWK set, RFC 7517; judged by `identity/workload-token.ts`. */
const KeySet = Type.Unsafe<Readonly<Record<string, unknown>>>(Type.Object({}))

/** `POST /api/workload-issuers` -> 201 `WorkloadIssuerItem`; `PUT .../{id}` replaces every field. */
export const WorkloadIssuerBody = strict({
  issuer: Url,
  audience: Type.String({ minLength: 1, maxLength: 256 }),
  jwksUri: Type.Optional(Url),
  jwks: Type.Optional(KeySet),
  allowPrivate: Type.Optional(Type.Boolean()),
  bindings: Type.Array(Binding, { minItems: 1, maxItems: 50 }),
  reason: Reason,
})
export const WorkloadIssuerDeleteBody = strict({ reason: Reason })

export const WorkloadIssuerItem = strict({
  id: Id,
  issuer: Url,
  audience: Type.String({ minLength: 1, maxLength: 256 }),
  jwksUri: orNull(Url),
  jwks: orNull(KeySet),
  allowPrivate: Type.Boolean(),
  bindings: Type.Array(Binding, { maxItems: 50 }),
  createdAt: Time,
  updatedAt: Time,
})
/** In order of issuers. */
export const WorkloadIssuersAnswer = strict({ workloadIssuers: Type.Array(WorkloadIssuerItem, { maxItems: 100 }) })

/** `POST /api/auth/workload`: a JWT of an issuer for a session of 15 minutes. */
export const WorkloadLoginBody = strict({ token: Type.String({ minLength: 1, maxLength: 16_384 }) })
export const WorkloadLoginAnswer = strict({ token: Token, expiresAt: Time, assurance: Type.Literal("token") })

export type WorkloadIssuerBody = Static<typeof WorkloadIssuerBody>
export type WorkloadIssuerItem = Static<typeof WorkloadIssuerItem>
export type WorkloadIssuersAnswer = Static<typeof WorkloadIssuersAnswer>
export type WorkloadLoginAnswer = Static<typeof WorkloadLoginAnswer>
