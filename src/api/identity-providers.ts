import { Id, orNull, Reason, Role, strict, Time } from "./fields.ts"
import { invalidField, parseBody } from "./parse.ts"
import { type Static, Type } from "./schema.ts"

export const ProviderId = Type.String({
  pattern: "^[a-z][a-z0-9-]{0,31}$",
  description: "an id (a lower-case letter, then up to 31 of a-z, 0-9 or -)",
})

/** RFC 6749, appendix A.1 and A.2: printable ASCII. */
const printable = (limit: number, description: string) =>
  Type.String({ pattern: `^[\\x20-\\x7e]{1,${limit}}$`, description })
const ClientId = printable(256, "a client id (1 to 256 printable ASCII characters)")
const ClientSecret = printable(1024, "a client secret (1 to 1,024 printable ASCII characters)")
/** Judged in full by `parseIssuer`. */
const Issuer = Type.String({ minLength: 1, maxLength: 512 })
const Scope = Type.String({
  pattern: "^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,64}$",
  description: "a scope (1 to 64 printable ASCII characters without spaces, quotes and backslashes)",
})
const Scopes = Type.Array(Scope, { minItems: 1, maxItems: 16, uniqueItems: true })
/** Judged in full by `parseLabel`. */
const ProviderLabel = Type.String({ minLength: 1, maxLength: 64 })
const ClaimName = Type.String({ minLength: 1, maxLength: 128 })
const ClaimValue = Type.String({ minLength: 1, maxLength: 256 })

/** Whoever's ID token has the claim with exactly that value, alone or in a list, has the role. */
export const RoleRule = strict({ claim: ClaimName, value: ClaimValue, role: Role })
const RoleRules = Type.Array(RoleRule, { maxItems: 200, uniqueItems: true })
const MfaValues = Type.Array(ClaimValue, { maxItems: 16, uniqueItems: true })

const fields = {
  issuer: Issuer,
  clientId: ClientId,
  scopes: Type.Optional(Scopes),
  label: ProviderLabel,
  enabled: Type.Optional(Type.Boolean()),
  roleRules: RoleRules,
  mfaAcr: Type.Optional(MfaValues),
  mfaAmr: Type.Optional(MfaValues),
  reason: Reason,
}

/** `POST /api/identity-providers` -> 201 `ProviderAnswer`. A null `clientSecret`: a public client. */
export const ProviderBody = strict({ id: ProviderId, clientSecret: orNull(ClientSecret), ...fields })
/** `PUT /api/identity-providers/{id}` -> `ProviderAnswer`: the whole row; an absent `clientSecret` stays as it is. */
export const ProviderPut = strict({ clientSecret: Type.Optional(orNull(ClientSecret)), ...fields })
/** `DELETE /api/identity-providers/{id}` -> `Message`. */
export const ProviderDelete = strict({ reason: Reason })

/** The client secret itself never leaves. */
export const ProviderAnswer = strict({
  id: ProviderId,
  issuer: Issuer,
  clientId: ClientId,
  hasClientSecret: Type.Boolean(),
  /** To be registered at the provider. */
  redirectUri: Type.String({ maxLength: 1024 }),
  scopes: Scopes,
  label: ProviderLabel,
  enabled: Type.Boolean(),
  roleRules: RoleRules,
  mfaAcr: MfaValues,
  mfaAmr: MfaValues,
  createdAt: Time,
  updatedAt: Time,
})
/** `GET /api/identity-providers`, in order of ids. */
export const ProvidersAnswer = strict({ identityProviders: Type.Array(ProviderAnswer, { maxItems: 32 }) })

/** `GET /api/auth/providers`: what the sign-in page offers, to anybody. */
export const SignInAnswer = strict({
  providers: Type.Array(strict({ id: ProviderId, label: ProviderLabel }), { maxItems: 32 }),
  /** `break-glass`: passwords are for named admins only. */
  localLogin: Type.Enum(["everyone", "break-glass"]),
})

/** `GET /auth/oidc/{id}/start`: both for a program that waits on a loopback port, neither for a browser's own session. */
export const StartQuery = strict({
  port: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{3,4}$", description: "a port from 1024 to 65535" })),
  challenge: Type.Optional(
    Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", description: "a SHA-256 in base64url (43 characters)" }),
  ),
  /** Where a browser goes once it is signed in; the sign-in page takes only pages of ours. */
  next: Type.Optional(
    Type.String({ pattern: "^/[A-Za-z0-9_.~%&=+@/?-]{0,1000}$", description: "a path of this server" }),
  ),
})

/** `POST /api/auth/sign-on`: the code that the browser brought and what its challenge was made of. Answers `LoginAnswer`. */
export const SignOnBody = strict({
  code: Type.String({ minLength: 1, maxLength: 1024 }),
  verifier: Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", description: "a verifier (43 base64url characters)" }),
})

/** `POST /api/me/identities`: `password` where the account has one. */
export const LinkBody = strict({ provider: ProviderId, password: Type.Optional(Type.String({ maxLength: 1024 })) })
/** Where to send the browser that got the answer's cookie. */
export const LinkAnswer = strict({ location: Type.String({ maxLength: 8192 }) })
/** `DELETE /api/me/identities/{id}`. */
export const UnlinkBody = strict({ password: Type.Optional(Type.String({ maxLength: 1024 })) })
/** `GET /api/me/identities`: the caller's own. */
export const IdentitiesAnswer = strict({
  identities: Type.Array(
    strict({ id: Id, issuer: Issuer, subject: Type.String({ maxLength: 255 }), createdAt: Time }),
    { maxItems: 8 },
  ),
})

export type RoleRule = Static<typeof RoleRule>
export type ProviderBody = Static<typeof ProviderBody>
export type ProviderPut = Static<typeof ProviderPut>
export type ProviderAnswer = Static<typeof ProviderAnswer>
export type ProvidersAnswer = Static<typeof ProvidersAnswer>
export type SignInAnswer = Static<typeof SignInAnswer>
export type SignOnBody = Static<typeof SignOnBody>
export type LinkBody = Static<typeof LinkBody>
export type LinkAnswer = Static<typeof LinkAnswer>
export type UnlinkBody = Static<typeof UnlinkBody>
export type IdentitiesAnswer = Static<typeof IdentitiesAnswer>

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

/**
 * An issuer as OpenID Connect Discovery has it: https, no user, query or fragment, in the spelling a URL parser gives
 * back, with or without the slash of an empty path. @param loopbackHttp development: plain http to this machine too
 */
function judgeIssuer(issuer: string, loopbackHttp: boolean): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  if (url === undefined || (url.href !== issuer && url.href !== `${issuer}/`) || /[?#@]/.test(issuer))
    throw invalidField("/issuer", "issuer must be a URL in its usual spelling, without user, query and fragment")
  if (url.protocol === "https:") return
  if (!loopbackHttp || url.protocol !== "http:" || !LOOPBACK.includes(url.hostname))
    throw invalidField("/issuer", "issuer must be https; http to this machine takes TYLER_ENVIRONMENT=development")
}

function judgeFields({ issuer, scopes, label }: ProviderPut, loopbackHttp: boolean): void {
  judgeIssuer(issuer, loopbackHttp)
  if (scopes !== undefined && !scopes.includes("openid")) throw invalidField("/scopes", "scopes must include openid")
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(label) || label.trim() !== label)
    throw invalidField("/label", "label must have no control or direction character and no space at its ends")
}

export function parseProviderBody(json: unknown, loopbackHttp: boolean): ProviderBody {
  const body = parseBody(ProviderBody, json)
  judgeFields(body, loopbackHttp)
  return body
}

export function parseProviderPut(json: unknown, loopbackHttp: boolean): ProviderPut {
  const body = parseBody(ProviderPut, json)
  judgeFields(body, loopbackHttp)
  return body
}
