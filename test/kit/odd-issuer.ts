import { createHash, createHmac, createPublicKey, createSign, generateKeyPairSync, type KeyObject } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

type Json = Record<string, unknown>

/** How the next sign-on differs from a right one. */
export interface Oddity {
  /** Over the right claims; undefined takes one away. */
  readonly claims?: Json
  /** In place of a signature by the issuer's key. */
  readonly token?: (claims: Json, keys: Keys) => string
  /** Changes what goes back to the redirect URI. */
  readonly response?: (query: URLSearchParams) => void
  /** In place of the token endpoint's answer. */
  readonly answer?: (response: ServerResponse) => void
  /** Over the right metadata. */
  readonly metadata?: Json
  /** In place of the discovery document. */
  readonly discovery?: (response: ServerResponse) => void
}

export interface Keys {
  readonly own: KeyObject
  readonly other: KeyObject
}

export interface OddIssuer {
  readonly issuer: string
  odd: Oddity
  /** Requests by path. */
  readonly asked: string[]
  close(): Promise<void>
}

const KID = "key-1"
const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
const KEYS: Keys = { own: rsa(), other: rsa() }

/**
 * An issuer that does everything right but what a test tells it to: what no honest provider can be made to send.
 * @param wall its wall clock, in milliseconds
 */
export async function startOddIssuer(wall: () => number): Promise<OddIssuer> {
  const asked: string[] = []
  const codes = new Map<string, URLSearchParams>()
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const it: OddIssuer = {
    issuer,
    odd: {},
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", issuer)
    asked.push(url.pathname)
    if (url.pathname === "/.well-known/openid-configuration") return discovery(response)
    if (url.pathname === "/jwks") {
      const jwk = createPublicKey(KEYS.own).export({ format: "jwk" })
      return json(response, 200, { keys: [{ ...jwk, kid: KID, alg: "RS256", use: "sig" }] })
    }
    if (url.pathname === "/authorize") return authorize(url.searchParams, response)
    if (url.pathname === "/token") return token(new URLSearchParams(await textOf(request)), response)
    json(response, 404, {})
  }

  function discovery(response: ServerResponse): void {
    if (it.odd.discovery !== undefined) return it.odd.discovery(response)
    json(response, 200, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      ...it.odd.metadata,
    })
  }

  function authorize(asked_: URLSearchParams, response: ServerResponse): void {
    const code = `code-${codes.size}`
    codes.set(code, asked_)
    const query = new URLSearchParams({ code, state: asked_.get("state") ?? "", iss: issuer })
    it.odd.response?.(query)
    response.writeHead(302, { location: `${asked_.get("redirect_uri")}?${query.toString()}` }).end()
  }

  function token(form: URLSearchParams, response: ServerResponse): void {
    const begun = codes.get(form.get("code") ?? "")
    codes.delete(form.get("code") ?? "")
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url")
    const right =
      begun !== undefined &&
      begun.get("code_challenge_method") === "S256" &&
      begun.get("code_challenge") === challenge &&
      begun.get("redirect_uri") === form.get("redirect_uri")
    if (!right) return json(response, 400, { error: "invalid_grant" })
    if (it.odd.answer !== undefined) return it.odd.answer(response)
    const now = Math.floor(wall() / 1000)
    const claims = {
      iss: issuer,
      sub: "1",
      aud: begun.get("client_id"),
      nonce: begun.get("nonce"),
      iat: now,
      exp: now + 300,
      preferred_username: "odd",
      groups: ["engineers"],
      ...it.odd.claims,
    }
    const idToken = (it.odd.token ?? signed)(claims, KEYS)
    json(response, 200, { access_token: "unused", token_type: "Bearer", expires_in: 300, id_token: idToken })
  }

  return it
}

/** A token as the issuer signs it. */
export function signed(claims: Json, keys: Keys, over: { key?: KeyObject; header?: Json } = {}): string {
  const input = inputOf({ alg: "RS256", kid: KID, ...over.header }, claims)
  return `${input}.${createSign("sha256")
    .update(input)
    .sign(over.key ?? keys.own, "base64url")}`
}

/** `alg` none, with no signature. */
export function unsigned(claims: Json): string {
  return `${inputOf({ alg: "none" }, claims)}.`
}

/** HS256 with the public key's text as the secret: the old confusion of algorithms. */
export function signedByPublicKey(claims: Json, keys: Keys): string {
  const input = inputOf({ alg: "HS256", kid: KID }, claims)
  const secret = createPublicKey(keys.own).export({ format: "pem", type: "spki" })
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`
}

function inputOf(header: Json, claims: Json): string {
  return [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")
}

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString("utf8")
}
