import assert from "node:assert/strict"
import { createHmac, createPublicKey, randomUUID, sign as signBytes, generateKeyPairSync } from "node:crypto"
import { after, before, beforeEach, test } from "node:test"
import type { WorkloadIssuerItem, WorkloadIssuersAnswer, WorkloadLoginAnswer } from "../../src/api/workloads.ts"
import { entriesOf, entryOf } from "../kit/audit.ts"
import { clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { type Claims, type Issuer, sign, type SigningKey, startIssuer } from "../kit/issuer.ts"
import { addPerson, addProgram, type Program } from "../kit/people.ts"
import { createSecret, read, REASON } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { runPast } from "../kit/tamper.ts"

const AUDIENCE = "https://tyler.example.com"
const SUBJECT = "repo:acme/shop:ref:refs/heads/main"
const PATH = "/api/workload-issuers"
const NAME = "config/plain"

const clock = movableClock()
let stage: Stage<never>
let issuer: Issuer
let key: SigningKey
let program: Program
let row: WorkloadIssuerItem

before(async () => {
  stage = await openStage({}, { clock, env: { TYLER_ENVIRONMENT: "development" } })
  issuer = await startIssuer()
  key = await issuer.newKey("one")
  issuer.published.push(key.publicJwk)
  await createSecret(stage.admin, NAME, "value")
  program = await addProgram(stage.admin, "shop", ["developer"])
  row = await add(issuer.url)
})
after(async () => {
  await issuer[Symbol.asyncDispose]()
  await stage.close()
})
// Failures of one address are cut off after a while; that is another test's subject.
beforeEach(() => clock.advance(61_000))

async function add(url: string, more: object = {}): Promise<WorkloadIssuerItem> {
  const bindings = [{ subject: "repo:acme/*:ref:refs/heads/main", accountId: program.id }]
  const body = { issuer: url, audience: AUDIENCE, allowPrivate: true, bindings, reason: REASON, ...more }
  const answer = await stage.admin.post<WorkloadIssuerItem>(PATH, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}

function claims(more: Claims = {}): Claims {
  const now = Math.floor(clock.now() / 1000)
  return {
    iss: issuer.url,
    aud: AUDIENCE,
    sub: SUBJECT,
    iat: now,
    nbf: now,
    exp: now + 300,
    jti: randomUUID(),
    ...more,
  }
}

const logIn = (token: string) =>
  stage.server.anonymous.post<WorkloadLoginAnswer & Problem>("/api/auth/workload", { token })

async function refusedAs(token: string, fault: string, about: string): Promise<void> {
  const answer = await logIn(token)
  assert.deepEqual(
    [answer.status, answer.body.code, answer.body.error],
    [401, "unauthenticated", "The token is not accepted"],
    `${about}: ${answer.text}`,
  )
  const entry = await entryOf(stage.admin, answer.body.requestId)
  assert.deepEqual([entry.action, entry.result], ["WORKLOAD_LOGIN", "DENIED"])
  assert.match(entry.reason ?? "", new RegExp(` refused=${fault}$`), about)
}

test("a signed token opens a session of 15 minutes, on record with issuer and subject", async () => {
  const answer = await logIn(await sign(key, claims()))
  assert.equal(answer.status, 200, answer.text)
  const client = clientOf(stage.server.url, answer.body.token)
  const me = await client.get("/api/me")
  assert.deepEqual([me.body["username"], me.body["assurance"]], ["shop", "token"])
  assert.equal((await client.post(`/api/secrets/${NAME}/access`, {})).status, 200, "with the standing reason")
  const [entry] = (await entriesOf(stage.admin, { action: "WORKLOAD_LOGIN" })).toReversed()
  assert.equal(entry?.reason, `issuer=${issuer.url} subject=${SUBJECT}`)
  assert.deepEqual([entry?.user_id, entry?.decision, entry?.resource_name], [program.id, "workload", program.id])
  assert.match(entry?.details ?? "", new RegExp(`^issuer=${row.id} session=[0-9a-f-]{36}$`))
  const list = await stage.admin.get<{ serviceAccounts: { tokens: unknown[] }[] }>("/api/service-accounts")
  assert.equal(list.body.serviceAccounts[0]?.tokens.length, 1, "a session is none of the two tokens")
  clock.advance(14 * 60_000)
  assert.equal((await read(client, NAME)).status, 200)
  clock.advance(60_001)
  assert.equal((await read(client, NAME)).status, 401)
})

test("each token is accepted once, also of a hundred at once", async () => {
  const token = await sign(key, claims())
  const answers = await Promise.all(Array.from({ length: 30 }, () => logIn(token)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.ok(answers.every(({ status, body }) => status === 200 || body.code === "unauthenticated"))
  clock.advance(61_000)
  assert.equal((await logIn(token)).status, 401)
})

test("another spelling of the same signature is the same token", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  issuer.published.push({ ...publicKey.export({ format: "jwk" }), kid: "ec", alg: "ES256" })
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url")
  const signed = `${encode({ alg: "ES256", kid: "ec" })}.${encode(claims())}`
  const signature = signBytes("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" })
  const order = BigInt("0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
  const s = order - BigInt(`0x${signature.subarray(32).toString("hex")}`)
  const other = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")])
  assert.equal((await logIn(`${signed}.${signature.toString("base64url")}`)).status, 200)
  assert.equal((await logIn(`${signed}.${other.toString("base64url")}`)).status, 401)
})

test("what is wrong with a token is refused, with one answer for all of it", async () => {
  const now = Math.floor(clock.now() / 1000)
  const stranger = await issuer.newKey("one")
  const pem = createPublicKey({ key: { ...key.publicJwk }, format: "jwk" }).export({ format: "pem", type: "spki" })
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString("base64url")
  const hmac = (secret: string | Buffer): string => {
    const signed = `${encode({ alg: "HS256", kid: "one" })}.${encode(claims())}`
    return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`
  }
  const good = await sign(key, claims())
  const [header, , signature] = good.split(".")
  const twice = `{"iss":"${issuer.url}","aud":"other","aud":"${AUDIENCE}","sub":"${SUBJECT}","iat":${now},"exp":${now + 300}}`
  const cases: readonly (readonly [about: string, token: string, fault: string])[] = [
    ["another issuer", await sign(key, claims({ iss: "https://evil.example" })), "issuer"],
    ["issuer with a slash", await sign(key, claims({ iss: `${issuer.url}/` })), "issuer"],
    ["no issuer", await sign(key, claims({ iss: undefined })), "issuer"],
    ["issuer in a list", await sign(key, claims({ iss: [issuer.url] })), "issuer"],
    ["another audience", await sign(key, claims({ aud: "other" })), "audience"],
    ["no audience", await sign(key, claims({ aud: undefined })), "audience"],
    ["our audience and another", await sign(key, claims({ aud: [AUDIENCE, "other"] })), "audience"],
    ["our audience twice", await sign(key, claims({ aud: [AUDIENCE, AUDIENCE] })), "audience"],
    ["another subject", await sign(key, claims({ sub: "repo:acme/shop:pull_request" })), "subject"],
    ["a subject across segments", await sign(key, claims({ sub: "repo:acme/a/b:ref:refs/heads/main" })), "subject"],
    ["no subject", await sign(key, claims({ sub: undefined })), "malformed"],
    ["an empty subject", await sign(key, claims({ sub: "" })), "claims"],
    ["expired", await sign(key, claims({ exp: now - 61 })), "expired"],
    ["no expiry", await sign(key, claims({ exp: undefined })), "malformed"],
    ["not yet", await sign(key, claims({ nbf: now + 120 })), "not_yet"],
    ["issued later", await sign(key, claims({ iat: now + 120, nbf: undefined })), "not_yet"],
    ["issued long ago", await sign(key, claims({ iat: now - 3700, nbf: undefined, exp: now + 9000 })), "too_old"],
    ["never issued", await sign(key, claims({ iat: undefined })), "not_yet"],
    ["times as text", await sign(key, claims({ exp: String(now + 300) })), "malformed"],
    ["signed by another key", await sign(stranger, claims()), "signature"],
    ["a key nobody published", await sign(await issuer.newKey("two"), claims()), "key"],
    ["the public key as a secret", hmac(pem), "algorithm"],
    ["the published key as a secret", hmac(JSON.stringify(key.publicJwk)), "algorithm"],
    ["no algorithm", `${encode({ alg: "none" })}.${encode(claims())}.${signature}`, "algorithm"],
    ["an algorithm that is no text", `${encode({ alg: ["RS256"] })}.${encode(claims())}.${signature}`, "algorithm"],
    ["other claims under the signature", `${header}.${encode(claims({ sub: SUBJECT }))}.${signature}`, "signature"],
    ["a list as claims", `${header}.${encode([claims()])}.${signature}`, "malformed"],
    ["a claim twice", `${header}.${Buffer.from(twice).toString("base64url")}.${signature}`, "malformed"],
    [
      "another algorithm than the key's",
      await sign({ ...key, algorithm: "PS256" }, claims()).catch(() => ""),
      "malformed",
    ],
    ["no signature", good.slice(0, good.lastIndexOf(".") + 1), "malformed"],
    ["nothing of the kind", "x", "malformed"],
    ["a critical extension", await sign(key, claims(), { b64: true, crit: ["b64"] }).catch(() => "x"), "malformed"],
  ]
  for (const [about, token, fault] of cases) {
    clock.advance(1100)
    if (token !== "") await refusedAs(token, fault, about)
  }
  assert.equal((await logIn(good)).status, 200, "the good one was not used up by its likenesses")
})

test("clocks may differ by a minute", async () => {
  const now = Math.floor(clock.now() / 1000)
  for (const more of [{ exp: now - 50 }, { nbf: now + 50 }, { iat: now + 50 }])
    assert.equal((await logIn(await sign(key, claims(more)))).status, 200, JSON.stringify(more))
})

test("a binding may ask for more claims, and the first that matches counts", async () => {
  await using other = await startIssuer()
  const own = await other.newKey("k")
  other.published.push(own.publicJwk)
  const narrow = await addProgram(stage.admin, "narrow", ["developer"])
  await add(other.url, {
    bindings: [
      { subject: "a:b", claims: { environment: "production", ref: "main" }, accountId: narrow.id },
      { subject: "a:*", claims: { environment: "production" }, accountId: program.id },
    ],
  })
  const who = async (more: Claims): Promise<unknown> => {
    const { body } = await logIn(await sign(own, claims({ iss: other.url, sub: "a:b", ...more })))
    return body.token === undefined
      ? null
      : (await clientOf(stage.server.url, body.token).get("/api/me")).body["username"]
  }
  assert.equal(await who({ environment: "production", ref: "main" }), "narrow")
  assert.equal(await who({ environment: "production", ref: "dev" }), "shop")
  for (const more of [{}, { environment: "staging" }, { environment: ["production"] }, { environment: true }])
    assert.equal(await who(more), null, JSON.stringify(more))
})

test("keys are held for ten minutes, found anew when one is unknown, and then not for half a minute", async () => {
  await using other = await startIssuer()
  const first = await other.newKey("first")
  const second = await other.newKey("second", "ES256")
  other.published.push(first.publicJwk)
  await add(other.url)
  const ask = async (one: SigningKey) => (await logIn(await sign(one, claims({ iss: other.url })))).status
  assert.equal(await ask(first), 200)
  assert.equal(await ask(first), 200)
  assert.equal(other.fetches(), 1)
  other.published.push(second.publicJwk)
  assert.equal(await ask(second), 401, "fetched a moment ago")
  clock.advance(30_001)
  const both = await Promise.all([ask(second), ask(second), ask(second)])
  assert.deepEqual(both, [200, 200, 200])
  assert.equal(other.fetches(), 2, "who waits for the same fetch shares it")
  other.published.shift()
  assert.equal(await ask(first), 200, "held")
  clock.advance(600_000)
  assert.equal(await ask(first), 401, "withdrawn")
  assert.equal(other.fetches(), 3)
  for (let at = 0; at < 20; at++) await ask(first)
  assert.equal(other.fetches(), 3, "strangers cause no fetches")
})

test("where the keys cannot be had nobody signs in, and they are asked for again", async () => {
  const troubles: Readonly<Record<string, Parameters<Issuer["instead"]>[0]>> = {
    redirecting: (_request, response) => response.writeHead(302, { location: `${issuer.url}/keys` }).end(),
    huge: (_request, response) => response.end(JSON.stringify({ keys: [], more: "x".repeat(70_000) })),
    "no JSON": (_request, response) => response.end("<html>"),
    "no key set": (_request, response) => response.end('{"keys":{}}'),
    "cut off": (request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{")
      setTimeout(() => request.socket.destroy(), 20)
    },
    slow: () => undefined,
  }
  for (const [what, serve] of Object.entries(troubles)) {
    await using other = await startIssuer()
    const own = await other.newKey("k")
    other.published.push(own.publicJwk)
    await add(other.url)
    other.instead(serve)
    const answer = await logIn(await sign(own, claims({ iss: other.url })))
    assert.deepEqual([answer.status, answer.body.code, answer.body["cause"]], [503, "unavailable", "issuer_keys"], what)
    other.instead(null)
    assert.equal((await logIn(await sign(own, claims({ iss: other.url })))).status, 503, `${what}: not at once`)
    clock.advance(30_001)
    assert.equal((await logIn(await sign(own, claims({ iss: other.url })))).status, 200, what)
  }
})

test("keys that stand in the row are used as they are", async () => {
  const own = await issuer.newKey("inline", "EdDSA")
  const url = "https://kubernetes.default.svc.cluster.local"
  const subject = "system:serviceaccount:shop:*"
  await add(url, { jwks: { keys: [own.publicJwk] }, bindings: [{ subject, accountId: program.id }] })
  const sub = "system:serviceaccount:shop:web"
  assert.equal((await logIn(await sign(own, claims({ iss: url, aud: [AUDIENCE], sub })))).status, 200)
  await refusedAs(await sign(key, claims({ iss: url, sub })), "key", "a key of another issuer")
})

test("a private address is refused unless the row allows it", async () => {
  await using other = await startIssuer()
  const own = await other.newKey("k")
  other.published.push(own.publicJwk)
  const made = await add(other.url, { allowPrivate: false })
  assert.equal((await logIn(await sign(own, claims({ iss: other.url })))).status, 503)
  assert.equal(other.fetches(), 0)
  const { issuer: url, audience, bindings } = made
  const put = { issuer: url, audience, bindings, allowPrivate: true, reason: REASON }
  assert.equal((await stage.admin.put(`${PATH}/${made.id}`, put)).status, 200)
  assert.equal((await logIn(await sign(own, claims({ iss: other.url })))).status, 200, "a changed row starts anew")
})

test("an account that is disabled, or whose owner is, signs nobody in", async () => {
  const owner = await addPerson(stage.admin, "issuer-owner", [])
  const account = await addProgram(stage.admin, "owned", ["developer"])
  await stage.admin.patch(`/api/service-accounts/${account.id}`, { ownerId: owner.id, reason: REASON })
  await using other = await startIssuer()
  const own = await other.newKey("k")
  other.published.push(own.publicJwk)
  await add(other.url, { bindings: [{ subject: "a", accountId: account.id }] })
  const ask = async () => logIn(await sign(own, claims({ iss: other.url, sub: "a" })))
  const { token } = (await ask()).body
  const session = clientOf(stage.server.url, token)
  assert.equal((await read(session, NAME)).status, 200)
  await stage.admin.patch(`/api/users/${owner.id}`, { disabled: true })
  assert.equal((await read(session, NAME)).status, 401)
  assert.equal((await ask()).status, 401)
  await stage.admin.patch(`/api/users/${owner.id}`, { disabled: false })
  assert.equal((await read(session, NAME)).status, 401)
  assert.equal((await ask()).status, 200)
  await stage.admin.patch(`/api/users/${account.id}`, { disabled: true })
  assert.equal((await ask()).status, 401)
})

test("issuers are judged, listed, replaced and removed, each on record", async () => {
  const binding = { subject: "a", accountId: program.id }
  const body = { issuer: "https://one.example", audience: "x", bindings: [binding], reason: REASON }
  const secret = { kty: "oct", k: "c2VjcmV0" }
  const own = await issuer.newKey("k")
  const bad: readonly (readonly [object, string])[] = [
    [{ issuer: "http://one.example" }, "/issuer"],
    [{ issuer: "https://one.example?x" }, "/issuer"],
    [{ issuer: "https://user@one.example" }, "/issuer"],
    [{ issuer: "one" }, "/issuer"],
    [{ jwksUri: "http://one.example/keys" }, "/jwksUri"],
    [{ jwksUri: "https://one.example/keys", jwks: { keys: [own.publicJwk] } }, "/jwks"],
    [{ jwks: { keys: [] } }, "/jwks"],
    [{ jwks: { keys: [secret] } }, "/jwks"],
    [{ jwks: { keys: [own.publicJwk, secret] } }, "/jwks"],
    [{ jwks: { keys: [{ ...own.publicJwk, d: "x" }] } }, "/jwks"],
    [{ bindings: [] }, "/bindings"],
    [{ bindings: [{ ...binding, subject: "*" }] }, "/bindings/0/subject"],
    [{ bindings: [binding, { ...binding, accountId: "nobody" }] }, "/bindings/1/accountId"],
    [{ bindings: Array.from({ length: 51 }, () => binding) }, "/bindings"],
    [{ audience: "" }, "/audience"],
  ]
  for (const [more, field] of bad) {
    const answer = await stage.admin.post<Problem>(PATH, { ...body, ...more })
    assert.deepEqual([answer.status, answer.body["field"]], [400, field], JSON.stringify(more))
  }
  for (const count of [49, 50]) {
    const bindings = Array.from({ length: count }, () => binding)
    assert.equal((await stage.admin.post(PATH, { ...body, issuer: `https://${count}.example`, bindings })).status, 201)
  }
  const made = await stage.admin.post<WorkloadIssuerItem & Problem>(PATH, body)
  assert.equal(made.status, 201, made.text)
  const again = await stage.admin.post<Problem>(PATH, body)
  assert.deepEqual([again.status, again.body.code], [409, "issuer_exists"])
  const one = `${PATH}/${made.body.id}`
  assert.equal((await stage.admin.put(one, { ...body, audience: "y" })).status, 200)
  const listed = (await stage.admin.get<WorkloadIssuersAnswer>(PATH)).body.workloadIssuers
  assert.equal(listed.find(({ id }) => id === made.body.id)?.audience, "y")
  assert.equal((await stage.admin.delete(one, { reason: REASON })).status, 200)
  assert.equal((await stage.admin.delete(one, { reason: REASON })).status, 404)
  assert.equal((await stage.admin.put(one, body)).status, 404)
  const actions = (await entriesOf(stage.admin)).filter((entry) => entry.resource_name === made.body.id)
  assert.deepEqual(
    actions.map(({ action, result }) => `${action} ${result}`),
    [
      "WORKLOAD_ISSUER_CREATE SUCCESS",
      "WORKLOAD_ISSUER_CHANGE SUCCESS",
      "WORKLOAD_ISSUER_DELETE SUCCESS",
      "WORKLOAD_ISSUER_DELETE DENIED",
      "WORKLOAD_ISSUER_CHANGE DENIED",
    ],
  )
})

test("an issuer that somebody wrote into the database signs nobody in, and is never signed anew", async () => {
  await using other = await startIssuer()
  const own = await other.newKey("k")
  other.published.push(own.publicJwk)
  const made = await add(other.url)
  const forged = JSON.stringify([{ subject: "evil", claims: {}, accountId: program.id }])
  await runPast(stage.server.folder, "UPDATE workload_issuer SET bindings = ?1 WHERE id = ?2", forged, made.id)
  await refusedAs(await sign(own, claims({ iss: other.url, sub: "evil" })), "issuer", "forged binding")
  const { issuer: url, audience, bindings } = made
  const answer = await stage.admin.put(`${PATH}/${made.id}`, { issuer: url, audience, bindings, reason: REASON })
  assert.deepEqual([answer.status, answer.body["code"]], [503, "row_tampered"])
  assert.equal((await stage.admin.delete(`${PATH}/${made.id}`, { reason: REASON })).status, 200)
})

test("one address may fail so often and no more", async () => {
  let answer = await logIn("x")
  for (let at = 0; at < 70 && answer.status === 401; at++) answer = await logIn("x")
  assert.deepEqual([answer.status, answer.body.code, answer.body["scope"]], [429, "rate_limited", "address"])
})
