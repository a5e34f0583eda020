import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { MeAnswer } from "../../src/api/auth.ts"
import { ANSWER_BYTES } from "../../src/identity/outbound.ts"
import { entriesOf } from "../kit/audit.ts"
import { browsing } from "../kit/browsing.ts"
import { movableClock } from "../kit/clock.ts"
import {
  json,
  type OddIssuer,
  type Oddity,
  signed,
  signedByPublicKey,
  startOddIssuer,
  unsigned,
} from "../kit/odd-issuer.ts"
import { DEVELOPMENT, providerBody, refusalIn, signedIn } from "../kit/sign-on.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
const MINUTE_MS = 60_000
let stage: Stage<never>
let issuer: OddIssuer

before(async () => {
  issuer = await startOddIssuer(() => clock.now())
  stage = await openStage({}, { env: DEVELOPMENT, clock })
  await add(issuer, "odd")
})
after(async () => {
  await stage.close()
  await issuer.close()
})
beforeEach(() => {
  issuer.odd = {}
  clock.advance(2 * MINUTE_MS)
})

async function add(one: OddIssuer, id: string): Promise<void> {
  const provider = { ...one, clientId: "tyler", clientSecret: "odd secret", people: {}, proof: {}, allow: () => {} }
  const made = await stage.admin.post("/api/identity-providers", providerBody(provider, { id }))
  assert.equal(made.status, 201, made.text)
}

const atLogin = (url: string) => url.includes("/login#")
const start = (id = "odd") => `${stage.server.publicUrl}/auth/oidc/${id}/start`
const signOn = () => browsing().go(start(), { stop: atLogin })

const seconds = () => Math.floor(clock.now() / 1000)

test("a right token comes in", async () => {
  const client = signedIn(stage.server, await signOn())
  assert.equal((await client.get<MeAnswer>("/api/me")).body.username, "odd")
})

describe("a wrong ID token opens nothing", () => {
  const invalid: readonly (readonly [string, () => Oddity])[] = [
    ["iss of another", () => ({ claims: { iss: "https://login.example" } })],
    ["iss with a slash more", () => ({ claims: { iss: `${issuer.issuer}/` } })],
    ["iss missing", () => ({ claims: { iss: undefined } })],
    ["aud of another client", () => ({ claims: { aud: "another" } })],
    ["aud missing", () => ({ claims: { aud: undefined } })],
    ["two aud and no azp", () => ({ claims: { aud: ["tyler", "another"] } })],
    ["two aud and another's azp", () => ({ claims: { aud: ["tyler", "another"], azp: "another" } })],
    ["another's azp with one aud", () => ({ claims: { azp: "another" } })],
    ["nonce of another", () => ({ claims: { nonce: "A".repeat(43) } })],
    ["nonce missing", () => ({ claims: { nonce: undefined } })],
    ["expired", () => ({ claims: { exp: seconds() - 60 } })],
    ["exp missing", () => ({ claims: { exp: undefined } })],
    ["exp as text", () => ({ claims: { exp: String(seconds() + 300) } })],
    ["not valid yet", () => ({ claims: { nbf: seconds() + 300 } })],
    ["signed by another key", () => ({ token: (claims, keys) => signed(claims, keys, { key: keys.other }) })],
    ["a key nobody has", () => ({ token: (claims, keys) => signed(claims, keys, { header: { kid: "other" } }) })],
    ["alg none", () => ({ token: (claims) => unsigned(claims) })],
    ["alg HS256 with the public key", () => ({ token: signedByPublicKey })],
    ["changed after signing", () => ({ token: (claims, keys) => replaced(signed(claims, keys), claims) })],
    ["no JWT", () => ({ token: () => "nonsense" })],
    ["no ID token", () => ({ answer: (response) => json(response, 200, { access_token: "x", token_type: "Bearer" }) })],
    ["sub missing", () => ({ claims: { sub: undefined } })],
    ["sub empty", () => ({ claims: { sub: "" } })],
    ["sub a number", () => ({ claims: { sub: 1 } })],
    ["sub of 256 characters", () => ({ claims: { sub: "s".repeat(256) } })],
    ["sub with a control character", () => ({ claims: { sub: "a\u0000" } })],
    ["response iss of another", () => ({ response: (query) => query.set("iss", "https://login.example") })],
    ["response iss missing", () => ({ response: (query) => query.delete("iss") })],
    ["response iss twice", () => ({ response: (query) => query.append("iss", query.get("iss") ?? "") })],
    ["code missing", () => ({ response: (query) => query.delete("code") })],
    ["code of another", () => ({ response: (query) => query.set("code", "other") })],
    ["an error at the token endpoint", () => ({ answer: (response) => json(response, 500, {}) })],
  ]
  for (const [what, odd] of invalid)
    test(what, async () => {
      issuer.odd = odd()
      const visited = await signOn()
      assert.equal(refusalIn(visited), "sign_on_invalid")
      assert.ok(!visited.setCookies.some((one) => /^tyler=[^;]/.test(one)))
      const [newest] = (await entriesOf(stage.admin, { action: "LOGIN", result: "DENIED" })).toReversed()
      assert.equal(newest?.decision, "sign_on_invalid")
    })

  function replaced(token: string, claims: object): string {
    const [header, , signature] = token.split(".")
    const other = Buffer.from(JSON.stringify({ ...claims, groups: ["tyler-admins"] })).toString("base64url")
    return [header, other, signature].join(".")
  }
})

test("what the specification allows is accepted", async () => {
  const right: readonly Oddity[] = [
    { claims: { aud: ["tyler"] } },
    { claims: { aud: ["tyler", "another"], azp: "tyler" } },
    { claims: { azp: "tyler" } },
    { claims: { exp: seconds() - 10 } },
    { claims: { sub: "s".repeat(255), preferred_username: "longest" } },
  ]
  for (const odd of right) {
    issuer.odd = odd
    signedIn(stage.server, await signOn())
  }
})

describe("a callback belongs to the browser that started it", () => {
  const expired: readonly (readonly [string, Oddity])[] = [
    ["state of another", { response: (query) => query.set("state", "A".repeat(43)) }],
    ["state missing", { response: (query) => query.delete("state") }],
    ["state twice", { response: (query) => query.append("state", query.get("state") ?? "") }],
    ["state empty", { response: (query) => query.set("state", "") }],
  ]
  for (const [what, odd] of expired)
    test(what, async () => {
      issuer.odd = odd
      const asked = issuer.asked.filter((path) => path === "/token").length
      assert.equal(refusalIn(await signOn()), "sign_on_expired")
      assert.equal(issuer.asked.filter((path) => path === "/token").length, asked, "the code was not even shown")
    })

  /** Stops where the provider sends the browser back. */
  async function upToCallback(id = "odd") {
    const browser = browsing()
    const { url } = await browser.go(start(id), { stop: (at) => at.includes("/callback?") })
    return { browser, url }
  }

  test("without its cookie, with another browser's, with one that was changed", async () => {
    const { browser, url } = await upToCallback()
    assert.equal(refusalIn(await browsing().go(url, { stop: atLogin })), "sign_on_expired")
    const other = await upToCallback()
    assert.equal(refusalIn(await other.browser.go(url, { stop: atLogin })), "sign_on_expired")
    const jar = browser.cookies(stage.server.publicUrl)
    const text = jar.get("tyler-sign-on") ?? ""
    for (const changed of [text.slice(0, -1), `${text}A`, `A${text.slice(1)}`, "A".repeat(1024), ""]) {
      const fresh = browsing()
      fresh.cookies(stage.server.publicUrl).set("tyler-sign-on", changed)
      assert.equal(refusalIn(await fresh.go(url, { stop: atLogin })), "sign_on_expired", changed)
    }
    const again = browsing()
    again.cookies(stage.server.publicUrl).set("tyler-sign-on", text)
    signedIn(stage.server, await again.go(url, { stop: atLogin }))
  })

  test("ten minutes hold, and no more", async () => {
    const early = await upToCallback()
    clock.advance(10 * MINUTE_MS - 1000)
    signedIn(stage.server, await early.browser.go(early.url, { stop: atLogin }))
    const late = await upToCallback()
    clock.advance(10 * MINUTE_MS)
    assert.equal(refusalIn(await late.browser.go(late.url, { stop: atLogin })), "sign_on_expired")
  })

  test("at another provider's callback it is nothing", async () => {
    const second = await startOddIssuer(() => clock.now())
    try {
      await add(second, "second")
      const { browser, url } = await upToCallback()
      const elsewhere = url.replace("/odd/", "/second/")
      assert.equal(refusalIn(await browser.go(elsewhere, { stop: atLogin })), "sign_on_expired")
      assert.ok(!second.asked.includes("/token"), "no code goes to the wrong provider")
    } finally {
      await second.close()
    }
  })

  test("a hundred callbacks at once open one session", async () => {
    const { browser, url } = await upToCallback()
    const cookie = `tyler-sign-on=${browser.cookies(stage.server.publicUrl).get("tyler-sign-on")}`
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const response = await fetch(url, { headers: { cookie }, redirect: "manual" })
        return response.headers.get("location")
      }),
    )
    assert.equal(answers.filter((one) => one === "/login#signed-in").length, 1)
  })

  test("used once, also if the provider would take the code again", async () => {
    const { browser, url } = await upToCallback()
    const cookie = browser.cookies(stage.server.publicUrl).get("tyler-sign-on") ?? ""
    signedIn(stage.server, await browser.go(url, { stop: atLogin }))
    browser.cookies(stage.server.publicUrl).set("tyler-sign-on", cookie)
    assert.equal(refusalIn(await browser.go(url, { stop: atLogin })), "sign_on_expired")
  })
})

describe("a provider that does not answer as one", () => {
  const endpoint: readonly (readonly [string, Oddity])[] = [
    ["a redirect", { answer: (response) => response.writeHead(302, { location: "/elsewhere" }).end() }],
    ["an answer too large", { answer: (response) => response.writeHead(200).end("x".repeat(ANSWER_BYTES + 1)) }],
    ["an answer that never ends", { answer: (response) => response.writeHead(200).write("{") }],
  ]
  for (const [what, odd] of endpoint)
    test(`the token endpoint: ${what}`, async () => {
      issuer.odd = odd
      assert.equal(refusalIn(await signOn()), "provider_unavailable")
      assert.ok(!issuer.asked.includes("/elsewhere"))
    })

  const described: readonly (readonly [string, Oddity])[] = [
    ["another issuer", { metadata: { issuer: "https://login.example" } }],
    ["the issuer with a slash", { metadata: { issuer: "with-slash" } }],
    ["a redirect", { discovery: (response) => response.writeHead(302, { location: "/elsewhere" }).end() }],
    ["an answer too large", { discovery: (response) => response.writeHead(200).end("x".repeat(ANSWER_BYTES + 1)) }],
    ["no JSON", { discovery: (response) => response.writeHead(200).end("<html>") }],
    ["a page of its own as the address to go to", { metadata: { authorization_endpoint: "javascript:alert(1)" } }],
    ["plain http to another machine", { metadata: { authorization_endpoint: "http://login.example/authorize" } }],
    ["no signature by a key", { metadata: { id_token_signing_alg_values_supported: ["none", "HS256"] } }],
  ]
  for (const [at, [what, odd]] of described.entries())
    test(`discovery: ${what}`, async () => {
      const one = await startOddIssuer(() => clock.now())
      one.odd = odd.metadata?.["issuer"] === "with-slash" ? { metadata: { issuer: `${one.issuer}/` } } : odd
      try {
        await add(one, `discovery-${at}`)
        const visited = await browsing().go(start(`discovery-${at}`), { stop: atLogin })
        assert.equal(refusalIn(visited), "provider_unavailable")
        one.odd = {}
        const again = await browsing().go(start(`discovery-${at}`), { stop: (url) => url.startsWith(one.issuer) })
        assert.ok(at === 5 || at === 6 || at === 7 || again.url.startsWith(one.issuer), "a failure is not kept")
      } finally {
        await one.close()
      }
    })

  test("nobody there", async () => {
    const gone = await startOddIssuer(() => clock.now())
    await add(gone, "gone")
    await gone.close()
    assert.equal(refusalIn(await browsing().go(start("gone"), { stop: atLogin })), "provider_unavailable")
  })
})
