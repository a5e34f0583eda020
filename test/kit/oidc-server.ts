import { generateKeyPairSync } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Provider } from "oidc-provider"

/** Claims of whoever is signed in, by `sub`. */
export type People = Record<string, Record<string, unknown>>

export interface OidcServer {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** May be changed at any time: the next ID token has what stands here. */
  readonly people: People
  /** `acr` and `amr` of the next login. */
  proof: { acr?: string; amr?: string[] }
  allow(redirectUri: string): void
  close(): Promise<void>
}

const CLIENT_SECRET = "a client secret that never leaves the server"

/**
 * A real OpenID provider in this process, on a loopback port: discovery, PKCE, client authentication, signed ID tokens,
 * `iss` in its responses. Its login page is one form that asks for a `sub` and no password.
 */
export async function startOidcServer(): Promise<OidcServer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const people: People = {}
  const state: { proof: OidcServer["proof"] } = { proof: {} }
  const client = {
    client_id: "tyler",
    client_secret: CLIENT_SECRET,
    redirect_uris: ["http://localhost/not-yet"],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_basic",
  }
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub", "acr", "amr"], profile: ["preferred_username", "groups", "department", "email"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ["only for tests"] },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, ...people[sub] }) }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    acrValues: ["urn:test:strong"],
    jwks: { keys: [generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" })] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 86_400 },
  })
  // The redirect URI is known only once the server under test listens.
  const redirects = client.redirect_uris
  const { Client } = provider as unknown as { Client: { prototype: object } }
  Object.defineProperty(Client.prototype, "redirectUriAllowed", { value: (uri: string) => redirects.includes(uri) })
  const answer = provider.callback()
  server.on("request", (request, response) => {
    if (!request.url?.startsWith("/interaction/")) return answer(request, response)
    void interact(request, response)
  })

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === "login" && request.method === "GET") {
      response.writeHead(200, { "content-type": "text/html" })
      response.end(
        `<form method="post"><input name="sub"><button>Go on</button><button name="no" value="1">No</button></form>`,
      )
      return
    }
    const form = new URLSearchParams(await textOf(request))
    const result =
      form.get("no") === "1"
        ? { error: "access_denied", error_description: "the person said no" }
        : prompt.name === "login"
          ? { login: { accountId: form.get("sub") ?? "", ...state.proof } }
          : { consent: { grantId: await grantOf(params, session?.accountId) } }
    await provider.interactionFinished(request, response, result)
  }

  async function grantOf(params: Readonly<Record<string, string>>, accountId: string | undefined): Promise<string> {
    const grant = new provider.Grant({ accountId, clientId: params["client_id"] })
    grant.addOIDCScope(params["scope"] ?? "")
    return grant.save()
  }

  return {
    issuer,
    clientId: client.client_id,
    clientSecret: CLIENT_SECRET,
    people,
    get proof() {
      return state.proof
    },
    set proof(proof) {
      state.proof = proof
    },
    allow: (redirectUri) => redirects.push(redirectUri),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString("utf8")
}
