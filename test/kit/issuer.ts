import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose"

type Serve = (request: IncomingMessage, response: ServerResponse) => void

/** A real issuer of tokens: signs with keys of its own and publishes them over HTTP. */
export interface Issuer extends AsyncDisposable {
  readonly url: string
  /** Requests for the key set so far. */
  fetches(): number
  /** The keys published now. */
  readonly published: JWK[]
  /** Makes a key; publishing it is the test's business. */
  newKey(kid: string, algorithm?: string): Promise<SigningKey>
  /** Answers in place of the key set; null: the key set again. */
  instead(serve: Serve | null): void
}

export interface SigningKey {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"]
  readonly publicJwk: JWK
}

export async function startIssuer(): Promise<Issuer> {
  const published: JWK[] = []
  let fetches = 0
  let other: Serve | null = null
  const server = createServer((request, response) => {
    if (request.url === "/.well-known/openid-configuration") {
      response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }))
      return
    }
    fetches++
    if (other !== null) return other(request, response)
    response.end(JSON.stringify({ keys: published }))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    published,
    fetches: () => fetches,
    async newKey(kid, algorithm = "RS256") {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
      return {
        kid,
        algorithm,
        privateKey,
        publicJwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: "sig" },
      }
    },
    instead(serve) {
      other = serve
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

export type Claims = Readonly<Record<string, unknown>>

/** A signed token; claims that are undefined are left out. */
export function sign(key: SigningKey, claims: Claims, header: Claims = {}): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
    .sign(key.privateKey)
}
