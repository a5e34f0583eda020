import assert from "node:assert/strict"
import { createHash, randomBytes } from "node:crypto"
import { after, before, beforeEach, test } from "node:test"
import type { LoginAnswer, MeAnswer } from "../../src/api/auth.ts"
import { browsing } from "../kit/browsing.ts"
import { type Answer, clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { type OidcServer, startOidcServer } from "../kit/oidc-server.ts"
import { addProvider, DEVELOPMENT, refusalIn, signOn } from "../kit/sign-on.ts"
import { openStage, type Stage } from "../kit/stage.ts"

const clock = movableClock()
const MINUTE_MS = 60_000
let stage: Stage<never>
let oidc: OidcServer

before(async () => {
  oidc = await startOidcServer()
  oidc.people["1"] = { preferred_username: "one", groups: ["engineers"] }
  stage = await openStage({}, { env: DEVELOPMENT, clock })
  await addProvider(stage.admin, oidc)
})
after(async () => {
  await stage.close()
  await oidc.close()
})
beforeEach(() => clock.advance(2 * MINUTE_MS))

function pair() {
  const verifier = randomBytes(32).toString("base64url")
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") }
}

async function codeFor(challenge: string): Promise<string> {
  const visited = await signOn(stage.server, "1", { query: `?port=12345&challenge=${challenge}` })
  const { origin, pathname, searchParams } = new URL(visited.url)
  assert.equal(origin + pathname, "http://127.0.0.1:12345/")
  assert.deepEqual([...searchParams.keys()], ["code"])
  assert.ok(!visited.setCookies.some((one) => /^tyler=[^;]/.test(one)), "the browser gets no session")
  return searchParams.get("code") ?? ""
}

function exchange(code: string, verifier: string): Promise<Answer<LoginAnswer & Problem>> {
  return stage.server.anonymous.post("/api/auth/sign-on", { code, verifier })
}

test("code and verifier open a session once", async () => {
  const { verifier, challenge } = pair()
  const code = await codeFor(challenge)
  assert.ok(!/ty[sp]_/.test(Buffer.from(code, "base64url").toString("latin1")), "the code holds no token")
  const answer = await exchange(code, verifier)
  assert.equal(answer.status, 200, answer.text)
  const me = await clientOf(stage.server.url, answer.body.token).get<MeAnswer>("/api/me")
  assert.deepEqual([me.body.username, me.body.assurance], ["one", "password"])
  assert.equal((await exchange(code, verifier)).status, 403)
})

test("a hundred exchanges at once open one session", async () => {
  const { verifier, challenge } = pair()
  const code = await codeFor(challenge)
  const answers = await Promise.all(Array.from({ length: 100 }, () => exchange(code, verifier)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test("with another verifier, changed, or after two minutes it opens nothing", async () => {
  const { verifier, challenge } = pair()
  const code = await codeFor(challenge)
  for (const [text, proof] of [
    [code, pair().verifier],
    [code, challenge],
    [`${code.startsWith("A") ? "B" : "A"}${code.slice(1)}`, verifier],
    [code.slice(0, -1), verifier],
    ["AAAA", verifier],
  ] as const)
    assert.equal((await exchange(text, proof)).status, 401)
  clock.advance(2 * MINUTE_MS)
  assert.equal((await exchange(code, verifier)).status, 401)
  const early = await codeFor(challenge)
  clock.advance(2 * MINUTE_MS - 2000)
  assert.equal((await exchange(early, verifier)).status, 200)
})

test("whoever was disabled meanwhile does not come in, nor after he is enabled again", async () => {
  const { verifier, challenge } = pair()
  const code = await codeFor(challenge)
  const people = (await stage.admin.get<{ users: { id: string; username: string }[] }>("/api/users")).body.users
  const { id } = people.find(({ username }) => username === "one") ?? { id: "" }
  for (const disabled of [true, false]) {
    assert.equal((await stage.admin.patch(`/api/users/${id}`, { disabled })).status, 200)
    assert.equal((await exchange(code, verifier)).status, 401)
  }
})

test("port and challenge go together and hold to their limits; a state is no code", async () => {
  const { verifier, challenge } = pair()
  const start = (query: string) => stage.server.anonymous.get(`/auth/oidc/acme/start?${query}`)
  for (const query of [
    "port=12345",
    `challenge=${challenge}`,
    `port=1023&challenge=${challenge}`,
    `port=65536&challenge=${challenge}`,
    `port=0&challenge=${challenge}`,
    `port=012345&challenge=${challenge}`,
    `port=1e4&challenge=${challenge}`,
    `port=12345&challenge=${challenge}A`,
    `port=12345&challenge=${challenge.slice(1)}`,
    `port=12345&challenge=${challenge}&host=evil.example`,
  ])
    assert.equal((await start(query)).status, 400, query)
  for (const port of ["1024", "65535"]) {
    const browser = browsing()
    const { url } = await browser.go(
      `${stage.server.publicUrl}/auth/oidc/acme/start?port=${port}&challenge=${challenge}`,
    )
    assert.ok(url.startsWith(oidc.issuer))
    const state = browser.cookies(stage.server.publicUrl).get("tyler-sign-on") ?? ""
    assert.equal((await exchange(state, verifier)).status, 401)
  }
})

test("a browser that opened another loopback name is sent to PUBLIC_URL first, query and all", async () => {
  const { challenge } = pair()
  const answer = await stage.server.anonymous.get(`/auth/oidc/acme/start?port=12345&challenge=${challenge}`)
  assert.equal(answer.status, 303)
  const expected = `${stage.server.publicUrl}/auth/oidc/acme/start?port=12345&challenge=${challenge}`
  assert.equal(answer.headers.get("location"), expected)
})

test("an unknown provider is said on the sign-in page", async () => {
  const visited = await browsing().go(`${stage.server.publicUrl}/auth/oidc/none/start`, {
    stop: (url) => url.includes("#"),
  })
  assert.equal(refusalIn(visited), "not_found")
})
