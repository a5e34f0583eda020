import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { LoginAnswer, MeAnswer, SessionsAnswer } from "../../src/api/auth.ts"
import type { IdentitiesAnswer, LinkAnswer } from "../../src/api/identity-providers.ts"
import { entriesOf } from "../kit/audit.ts"
import { browsing, type Visited } from "../kit/browsing.ts"
import { type Answer, type Client, clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, enrolApp, STEP_MS, stepUp } from "../kit/factors.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { logIn, PASSWORD } from "../kit/people.ts"
import { addProvider, DEVELOPMENT, loginAt, refusalIn, signedIn, signOn } from "../kit/sign-on.ts"
import { type Receiver, startReceiver, until } from "../kit/receiver.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { webhookEnvironment } from "../kit/webhook.ts"

const clock = movableClock()
const MINUTE_MS = 60_000
const PATH = "/api/me/identities"
const OWN_PAGE = { "sec-fetch-site": "same-origin" }
let stage: Stage<"dev" | "two" | "gone" | "full">
let oidc: OidcServer
let receiver: Receiver

before(async () => {
  oidc = await startOidcServer()
  receiver = await startReceiver()
  const roles = ["developer"]
  stage = await openStage(
    { dev: roles, two: roles, gone: roles, full: roles },
    {
      env: { ...DEVELOPMENT, ...webhookEnvironment(receiver.url) },
      clock,
    },
  )
  await addProvider(stage.admin, oidc)
})
after(async () => {
  await stage.close()
  await receiver[Symbol.asyncDispose]()
  await oidc.close()
})
beforeEach(() => clock.advance(2 * MINUTE_MS))

function startLink(client: Client, password: string | undefined = PASSWORD): Promise<Answer<LinkAnswer & Problem>> {
  return client.post(PATH, { provider: "acme", ...(password === undefined ? {} : { password }) }, OWN_PAGE)
}

/** From the answer of `startLink` through the provider to wherever it leads. */
async function finishLink(started: Answer<LinkAnswer>, sub: string): Promise<Visited> {
  assert.equal(started.status, 200, started.text)
  const browser = browsing()
  const [, text = ""] = /^tyler-sign-on=([^;]+)/.exec(started.headers.getSetCookie()[0] ?? "") ?? []
  browser.cookies(stage.server.publicUrl).set("tyler-sign-on", text)
  return loginAt(browser, started.body.location, sub, stage.server)
}

/** Waits until somebody was told that. */
async function told(kind: string, facts: Readonly<Record<string, string>>): Promise<void> {
  const wanted = JSON.stringify({ kind, facts })
  const said = () =>
    receiver.posts.map(({ body }) => {
      const post = JSON.parse(body) as { kind: string; facts: object }
      return JSON.stringify({ kind: post.kind, facts: post.facts })
    })
  await until(`told: ${wanted}`, () => said().includes(wanted))
}

const linksOf = async (client: Client) => (await client.get<IdentitiesAnswer>(PATH)).body.identities

test("a login to both links them; then the provider's mapping decides the roles", async () => {
  const { client, id } = stage.people.dev
  oidc.people["dev"] = { preferred_username: "somebody else entirely", department: "Finance" }
  const started = await startLink(client)
  assert.match(started.body.location, /[?&]prompt=login(&|$)/, "the provider asks anew")
  const done = await finishLink(started, "dev")
  assert.equal(done.url, `${stage.server.publicUrl}/login#linked`)
  assert.ok(!done.setCookies.some((one) => /^tyler=[^;]/.test(one)), "it opens no session")
  const [link] = await linksOf(client)
  assert.deepEqual([link?.issuer, link?.subject], [oidc.issuer, "dev"])
  assert.deepEqual((await client.get<MeAnswer>("/api/me")).body.roles, ["developer"])
  const me = (await signedIn(stage.server, await signOn(stage.server, "dev")).get<MeAnswer>("/api/me")).body
  assert.deepEqual([me.id, me.username, me.roles], [id, "dev", ["finance"]])
  assert.equal((await client.get("/api/me")).status, 401, "with other roles every earlier session ends")
  const actions = (await entriesOf(stage.admin)).map(({ action }) => action)
  assert.ok(actions.includes("IDENTITY_LINK_START") && actions.includes("IDENTITY_LINK"))
  await told("sign_on_changed", { account: "dev", issuer: oidc.issuer, event: "added" })
  await told("role_changed", { account: "dev", by: "the identity provider acme", roles: "finance" })
})

test("without the password nothing begins, and guesses are the login's guesses", async () => {
  const { client } = stage.people.two
  for (const password of ["", "not the password at all"]) {
    const answer = await startLink(client, password)
    assert.deepEqual([answer.status, answer.body.code], [403, "forbidden"], answer.text)
  }
  const bare = await client.post<Problem>(PATH, { provider: "acme" }, OWN_PAGE)
  assert.deepEqual([bare.status, bare.body["field"]], [400, "/password"])
  for (let at = 0; at < 5; at++) await startLink(client, "not the password at all")
  assert.equal((await startLink(client)).status, 429)
  const login = { username: "two", password: PASSWORD }
  assert.equal((await stage.server.anonymous.post("/api/auth/login", login)).status, 429)
  clock.advance(31 * MINUTE_MS)
})

test("a page of another site gets no cookie to link with", async () => {
  const { client } = stage.people.two
  const answer = await client.post(PATH, { provider: "acme", password: PASSWORD }, { "sec-fetch-site": "cross-site" })
  assert.deepEqual(answer.headers.getSetCookie(), [])
})

test("a session that ended meanwhile links nothing", async () => {
  const client = await logIn(stage.server.url, "gone")
  const started = await startLink(client)
  assert.equal((await client.post("/api/auth/logout")).status, 200)
  oidc.people["late"] = {}
  assert.equal(refusalIn(await finishLink(started, "late")), "unauthenticated")
  const again = await startLink(stage.people.gone.client)
  await stage.admin.patch(`/api/users/${stage.people.gone.id}`, { disabled: true })
  assert.equal(refusalIn(await finishLink(again, "late")), "unauthenticated")
})

test("what is one person's is nobody else's, and is linked once", async () => {
  oidc.people["mine"] = { preferred_username: "mine", groups: ["engineers"] }
  signedIn(stage.server, await signOn(stage.server, "mine"))
  const { client } = stage.people.two
  assert.equal(refusalIn(await finishLink(await startLink(client), "mine")), "identity_taken")
  oidc.people["own"] = { groups: ["engineers"] }
  await finishLink(await startLink(client), "own")
  assert.equal(refusalIn(await finishLink(await startLink(client), "own")), "identity_taken")
})

test("eight links, and no more", async () => {
  const { client } = stage.people.full
  for (let at = 0; at < 7; at++) await finishLink(await startLink(client), `full-${at}`)
  const early = await startLink(client)
  await finishLink(await startLink(client), "full-7")
  assert.equal((await linksOf(client)).length, 8)
  const late = await startLink(client)
  assert.deepEqual([late.status, late.body.code], [409, "too_many_identities"])
  assert.equal(refusalIn(await finishLink(early, "full-8")), "too_many_identities")
})

test("unlinking takes the password, ends other sessions and closes that way in", async () => {
  const client = await logIn(stage.server.url, "two")
  const other = await logIn(stage.server.url, "two")
  const [link] = await linksOf(client)
  const wrong = await client.delete(`${PATH}/${link?.id}`, { password: "not the password at all" })
  assert.equal(wrong.status, 403)
  assert.equal((await stage.people.full.client.delete(`${PATH}/${link?.id}`, { password: PASSWORD })).status, 404)
  assert.equal((await client.delete(`${PATH}/${link?.id}`, { password: PASSWORD })).status, 200)
  assert.deepEqual(await linksOf(client), [])
  assert.equal((await other.get("/api/me")).status, 401)
  assert.equal((await client.get<SessionsAnswer>("/api/sessions")).body.sessions.length, 1)
  oidc.people["own"] = { preferred_username: "two", groups: ["engineers"] }
  assert.equal(refusalIn(await signOn(stage.server, "own")), "sign_on_name_taken")
  await told("sign_on_changed", { account: "two", issuer: oidc.issuer, event: "removed" })
})

test("without a password a session of the last ten minutes counts, and the only way in stays", async () => {
  oidc.people["bare"] = { preferred_username: "bare", groups: ["engineers"] }
  const client = signedIn(stage.server, await signOn(stage.server, "bare"))
  const [link] = await linksOf(client)
  const only = await client.delete<Problem>(`${PATH}/${link?.id}`)
  assert.deepEqual([only.status, only.body.code], [409, "last_way_in"])
  oidc.people["bare-2"] = { groups: ["engineers"] }
  await finishLink(await client.post<LinkAnswer>(PATH, { provider: "acme" }, OWN_PAGE), "bare-2")
  clock.advance(10 * MINUTE_MS + 1000)
  assert.equal((await client.delete(`${PATH}/${link?.id}`)).status, 403)
  const fresh = signedIn(stage.server, await signOn(stage.server, "bare-2"))
  assert.equal((await fresh.delete(`${PATH}/${link?.id}`)).status, 200)
})

test("the last admin does not sign his role away", async () => {
  oidc.people["ada"] = { department: "Finance" }
  await finishLink(await startLink(stage.admin), "ada")
  assert.equal(refusalIn(await signOn(stage.server, "ada")), "last_admin")
  assert.deepEqual((await stage.admin.get<MeAnswer>("/api/me")).body.roles, ["admin"])
})

test("a program's token links nothing", async () => {
  const made = await stage.admin.post<{ token: string }>("/api/service-accounts", {
    name: "robot",
    roles: ["developer"],
    reason: "Deploys the staging cluster",
  })
  const robot = clientOf(stage.server.url, made.body.token)
  assert.equal((await robot.post(PATH, { provider: "acme" }, OWN_PAGE)).status, 403)
})

test("whoever has a factor of his own here gets half a session, unless the provider has seen one", async () => {
  oidc.people["factor"] = { preferred_username: "factor", groups: ["engineers"] }
  const client = signedIn(stage.server, await signOn(stage.server, "factor"))
  const { seed } = await enrolApp(client, clock.now(), {})
  const half = signedIn(stage.server, await signOn(stage.server, "factor"))
  assert.equal((await half.get<MeAnswer>("/api/me")).body.assurance, "half")
  assert.equal((await half.get("/api/secrets")).status, 403)
  clock.advance(STEP_MS)
  const finished = await half.post<LoginAnswer>("/api/auth/factor", { code: appCode(seed, clock.now()) })
  assert.equal(finished.status, 200, finished.text)
  const whole = clientOf(stage.server.url, finished.body.token)
  const { status, body } = await whole.post<Problem>(PATH, { provider: "acme" }, OWN_PAGE)
  assert.deepEqual([status, body.code], [403, "verification_required"])
  clock.advance(STEP_MS)
  const header = await stepUp(whole, "govern", [], { code: appCode(seed, clock.now()) })
  oidc.people["factor-2"] = { groups: ["engineers"] }
  await finishLink(await whole.post<LinkAnswer>(PATH, { provider: "acme" }, { ...OWN_PAGE, ...header }), "factor-2")
  assert.equal((await linksOf(whole)).length, 2)
})
