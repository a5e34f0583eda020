import { equalBytes } from "../core/bytes.ts"
import { TylerError } from "../core/errors.ts"
import type { Origin } from "../core/principal.ts"
import { randomText } from "../core/random.ts"
import { type Claims, SUBJECT_LIMIT } from "../identity/claims.ts"
import type { OidcClient } from "../identity/oidc.ts"
import { type Purpose, readState, secretsOf, type SignOnState, stateText } from "../identity/sign-on-state.ts"
import type { IdentityProviderRow } from "../state/rows.ts"
import { withClientSecret } from "./client-secret.ts"
import { genuineProvider, noProvider } from "./provider-row.ts"
import type { Service } from "./service.ts"
import { recordTampering } from "./service-entries.ts"

/** What signing on needs beside the service itself. */
export interface SignOn {
  readonly on: Service
  readonly oidc: OidcClient
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string
}

export interface Started {
  /** The provider's own page. */
  readonly location: string
  /** For the browser to keep until the callback. */
  readonly state: string
}

/** @throws TylerError `not_found`, `row_tampered`, `provider_unavailable` */
export async function startSignOn(
  { on, oidc, redirectUri }: SignOn,
  origin: Origin,
  providerId: string,
  purpose: Purpose,
): Promise<Started> {
  const row = await enabledProvider(on, origin, providerId)
  const state = stateText(on.keyring().rowsKey, {
    id: randomText(on.random, 16),
    providerId,
    purpose,
    startedAt: on.clock.now(),
  })
  const secrets = secretsOf(on.keyring().rowsKey, state)
  const location = await oidc.authorizationUrl(row, redirectUri, secrets, purpose.kind === "link")
  return { location, state }
}

export interface Callback {
  readonly providerId: string
  /** What the browser kept; undefined: nothing. */
  readonly state: string | undefined
  /** `?` and what the provider appended to the redirect URI. */
  readonly query: string
}

/** The state of a sign-on whose callback this is. @throws TylerError `sign_on_expired` for any other */
export function stateOf(on: Service, { providerId, state, query }: Callback): SignOnState {
  const key = on.keyring().rowsKey
  const read = state === undefined ? undefined : readState(key, state, on.clock.now())
  if (read === undefined || state === undefined || read.providerId !== providerId)
    throw new TylerError("sign_on_expired")
  const given = new URLSearchParams(query).getAll("state")
  const expected = Buffer.from(secretsOf(key, state).state)
  if (given.length !== 1 || !equalBytes(Buffer.from(given[0] ?? ""), expected)) throw new TylerError("sign_on_expired")
  return read
}

/** Who the provider says it is. */
export interface Vouched {
  readonly issuer: string
  readonly subject: string
  readonly claims: Claims
}

/**
 * Exchanges the callback's code for a verified ID token.
 * @throws TylerError `not_found`, `row_tampered`, `provider_unavailable`, `sign_on_cancelled`, `sign_on_invalid`
 */
export async function vouch(
  { on, oidc, redirectUri }: SignOn,
  origin: Origin,
  callback: Callback & { readonly state: string },
): Promise<Vouched> {
  const row = await enabledProvider(on, origin, callback.providerId)
  const url = new URL(redirectUri + callback.query)
  const secrets = secretsOf(on.keyring().rowsKey, callback.state)
  const claims = await withClientSecret(on, row, (secret) => oidc.claims(row, url, secrets, secret))
  const subject = claims["sub"]
  if (typeof subject !== "string" || !SUBJECT.test(subject))
    throw new TylerError("sign_on_invalid", {}, "identity provider: sub")
  return { issuer: row.issuer, subject, claims }
}

/** At most 255 ASCII characters (OpenID Connect Core 1.0, section 2); none that would not show in an entry. */
const SUBJECT = new RegExp(`^[\\x20-\\x7e]{1,${SUBJECT_LIMIT}}$`)

/** @throws TylerError `not_found` for one that is off too, `row_tampered` */
export async function enabledProvider(on: Service, origin: Origin, id: string): Promise<IdentityProviderRow> {
  try {
    const row = await genuineProvider(on, id)
    if (!row.enabled) throw noProvider()
    return row
  } catch (error) {
    if (error instanceof TylerError && error.code === "row_tampered")
      await recordTampering(on, origin, "identity_provider", id)
    throw error
  }
}
