import assert from "node:assert/strict"
import type { ProviderAnswer, ProviderBody } from "../../src/api/identity-providers.ts"
import { browsing, type Browsing, type Visited } from "./browsing.ts"
import { type Client, clientOf } from "./client.ts"
import type { OidcServer } from "./oidc-server.ts"
import type { TestServer } from "./server.ts"

/** A server that takes a provider on this machine. */
export const DEVELOPMENT = { TYLER_ENVIRONMENT: "development" }

export const RULES = [
  { claim: "groups", value: "engineers", role: "developer" },
  { claim: "groups", value: "tyler-admins", role: "admin" },
  { claim: "department", value: "Finance", role: "finance" },
]

export function providerBody(oidc: OidcServer, over: Partial<ProviderBody> = {}): ProviderBody {
  return {
    id: "acme",
    issuer: oidc.issuer,
    clientId: oidc.clientId,
    clientSecret: oidc.clientSecret,
    label: "Acme",
    roleRules: RULES,
    reason: "People sign in with Acme",
    ...over,
  }
}

/** Adds the provider, and tells it where people come back to. */
export async function addProvider(
  admin: Client,
  oidc: OidcServer,
  over: Partial<ProviderBody> = {},
): Promise<ProviderAnswer> {
  const made = await admin.post<ProviderAnswer>("/api/identity-providers", providerBody(oidc, over))
  assert.equal(made.status, 201, made.text)
  oidc.allow(made.body.redirectUri)
  return made.body
}

/** Goes from the start to wherever the callback leads; the provider's page is filled in with `sub`. */
export async function signOn(
  server: TestServer,
  sub: string,
  options: { id?: string; browser?: Browsing; query?: string } = {},
): Promise<Visited & { readonly browser: Browsing }> {
  const { id = "acme", browser = browsing(), query = "" } = options
  return { browser, ...(await loginAt(browser, `${server.publicUrl}/auth/oidc/${id}/start${query}`, sub, server)) }
}

/** From any address that leads to the provider's login page. */
export async function loginAt(browser: Browsing, url: string, sub: string, server: TestServer): Promise<Visited> {
  const here = (at: string) => at.startsWith(`${server.publicUrl}/login`) || at.includes("/?code=")
  const page = await browser.go(url, { stop: here })
  if (here(page.url)) return page
  const next = await browser.go(page.url, { form: { sub }, stop: here })
  return { ...next, setCookies: [...page.setCookies, ...next.setCookies] }
}

/** The client of the session that a sign-on opened. */
export function signedIn(server: TestServer, visited: Visited): Client {
  assert.equal(visited.url, `${server.publicUrl}/login#signed-in`)
  const cookie = visited.setCookies.find((one) => one.startsWith("tyler="))
  return clientOf(server.url, /^tyler=([^;]+)/.exec(cookie ?? "")?.[1] ?? "")
}

/** The code that a refused sign-on leads to the sign-in page with. */
export function refusalIn(visited: Visited): string | undefined {
  return /\/login#refused=([a-z_]+)$/.exec(visited.url)?.[1]
}
