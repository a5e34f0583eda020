import type * as library from "openid-client"
import type { Clock } from "../core/clock.ts"
import { TylerError } from "../core/errors.ts"
import type { Claims } from "./claims.ts"
import { ANSWER_MS, ask, mayAsk, unavailable } from "./outbound.ts"
import type { SignOnSecrets } from "./sign-on-state.ts"

/** A provider as far as the protocol needs it. */
export interface Relying {
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
}

/** OpenID Connect's code flow with PKCE (S256), as the relying party. */
export interface OidcClient {
  /**
   * Where to send the browser. @param again the provider shall ask for a login even if it remembers one.
   * @throws TylerError `provider_unavailable`
   */
  authorizationUrl(provider: Relying, redirectUri: string, secrets: SignOnSecrets, again: boolean): Promise<string>
  /**
   * The claims of the ID token that the callback's code stands for. Checked: `state`, the response's `iss` (RFC 9207),
   * signature, `iss`, `aud`, `azp`, `nonce`, `exp` and `iat` with 30 s of grace.
   * @param callback the redirect URI with what the provider appended
   * @throws TylerError `provider_unavailable`, `sign_on_cancelled`, `sign_on_invalid`
   */
  claims(provider: Relying, callback: URL, secrets: SignOnSecrets, clientSecret: string | null): Promise<Claims>
}

type Library = typeof library
type Metadata = library.ServerMetadata

/** How long a provider's description of itself is believed. */
const METADATA_MS = 10 * 60_000
/** Providers described at once; there are at most 32 rows, and changed ones go with the time. */
const HELD = 64

/** Signatures by a key of the provider's. `none` and those by a shared secret are not among them. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]

interface Held {
  readonly metadata: Promise<Metadata>
  readonly until: number
}

/** @param loopbackHttp development only: a provider on this machine may speak plain http. */
export function oidcClient(loopbackHttp: boolean, clock: Clock): OidcClient {
  const described = new Map<string, Held>()

  /** One question at a time for each issuer, however many browsers wait for it; a failed one is not kept. */
  function metadataOf(oidc: Library, issuer: string): Promise<Metadata> {
    const known = described.get(issuer)
    if (known !== undefined && clock.monotonic() < known.until) return known.metadata
    if (described.size >= HELD) described.clear()
    const metadata = discover(oidc, issuer)
    described.set(issuer, { metadata, until: clock.monotonic() + METADATA_MS })
    metadata.catch(() => described.delete(issuer))
    return metadata
  }

  async function discover(oidc: Library, issuer: string): Promise<Metadata> {
    const found = await oidc
      .discovery(new URL(issuer), "unused", undefined, oidc.None(), {
        timeout: ANSWER_MS / 1000,
        [oidc.customFetch]: (url, request) => ask(url, request, loopbackHttp),
        ...(loopbackHttp ? { execute: [oidc.allowInsecureRequests] } : {}),
      })
      .catch((error: unknown) => {
        throw faultOf(error, unavailable("discovery"))
      })
    const metadata = found.serverMetadata()
    // Exactly: what the row says is what ID tokens are compared with, and half of what people are found by.
    if (metadata.issuer !== issuer) throw unavailable("discovery names another issuer")
    return metadata
  }

  async function configure(oidc: Library, provider: Relying, clientSecret: string | null) {
    const metadata = await metadataOf(oidc, provider.issuer)
    const { id_token_signing_alg_values_supported: offered = ["RS256"] } = metadata
    const algorithms = offered.filter((one) => ALGORITHMS.includes(one))
    if (algorithms.length === 0) throw unavailable("no signature algorithm in common")
    const config = new oidc.Configuration(
      { ...metadata, id_token_signing_alg_values_supported: algorithms },
      provider.clientId,
      { [oidc.clockSkew]: Math.round((clock.now() - Date.now()) / 1000) },
      clientAuth(oidc, metadata, clientSecret),
    )
    config[oidc.customFetch] = (url, request) => ask(url, request, loopbackHttp)
    config.timeout = ANSWER_MS / 1000
    if (loopbackHttp) oidc.allowInsecureRequests(config)
    // Without this the library trusts TLS to the token endpoint and looks at no signature.
    oidc.enableNonRepudiationChecks(config)
    return config
  }

  return {
    async authorizationUrl(provider, redirectUri, secrets, again) {
      const oidc = await loaded()
      const config = await configure(oidc, provider, null)
      const url = authorizationUrlOf(oidc, config, {
        redirect_uri: redirectUri,
        scope: provider.scopes.join(" "),
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(secrets.verifier),
        code_challenge_method: "S256",
        ...(again ? { prompt: "login" } : {}),
      })
      // The browser is sent there: no other scheme than one that we would use ourselves.
      if (!mayAsk(url, loopbackHttp)) throw unavailable("authorization endpoint")
      return url.href
    },

    async claims(provider, callback, secrets, clientSecret) {
      const oidc = await loaded()
      const config = await configure(oidc, provider, clientSecret)
      const answer = await oidc
        .authorizationCodeGrant(config, callback, {
          expectedState: secrets.state,
          expectedNonce: secrets.nonce,
          pkceCodeVerifier: secrets.verifier,
          idTokenExpected: true,
        })
        .catch((error: unknown) => {
          throw faultOf(error, refusalOf(oidc, error))
        })
      const claims = answer.claims()
      if (claims === undefined) throw invalid("no_id_token")
      // The library compares it only where there are several audiences.
      if (claims.azp !== undefined && claims.azp !== provider.clientId) throw invalid("azp")
      return claims
    },
  }
}

/** The library refuses an endpoint that no request goes to. */
function authorizationUrlOf(oidc: Library, config: library.Configuration, query: Record<string, string>): URL {
  try {
    return oidc.buildAuthorizationUrl(config, query)
  } catch {
    throw unavailable("authorization endpoint")
  }
}

/** At the first sign-on, not at start: a process that has no provider never loads it. */
function loaded(): Promise<Library> {
  return import("openid-client")
}

/** As the provider takes it; where it does not say, as the specification has it (OpenID Connect Core 1.0, section 9). */
function clientAuth(oidc: Library, metadata: Metadata, clientSecret: string | null) {
  if (clientSecret === null) return oidc.None()
  const { token_endpoint_auth_methods_supported: methods = ["client_secret_basic"] } = metadata
  return methods.includes("client_secret_basic")
    ? oidc.ClientSecretBasic(clientSecret)
    : oidc.ClientSecretPost(clientSecret)
}

/** Our own fault where one is at the bottom of it: the library wraps what its exchange throws. */
function faultOf(error: unknown, otherwise: TylerError): TylerError {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof TylerError) return at
  return otherwise
}

/** Codes of the protocol and of the library only: a foreign message may quote a token. */
function refusalOf(oidc: Library, error: unknown): TylerError {
  if (error instanceof oidc.AuthorizationResponseError)
    return new TylerError("sign_on_cancelled", {}, `identity provider: ${plainCode(error.error)}`)
  if (error instanceof oidc.ResponseBodyError) return invalid(plainCode(error.error))
  return invalid(error instanceof oidc.ClientError ? plainCode(error.code) : "answer")
}

function plainCode(code: unknown): string {
  return typeof code === "string" && /^[A-Za-z0-9_]{1,64}$/.test(code) ? code : "unnamed"
}

function invalid(what: string): TylerError {
  return new TylerError("sign_on_invalid", {}, `identity provider: ${what}`)
}
