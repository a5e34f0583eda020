import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { AccessKeyItem, AccessKeysAnswer, IssuedAccessKey } from "../../src/api/access-keys.ts"
import type { SessionsAnswer } from "../../src/api/auth.ts"
import { ACCESS_KEYS_MAX } from "../../src/identity/access-key.ts"
import { accessKey, KEY_REASON } from "../kit/access-key.ts"
import { entriesOf } from "../kit/audit.ts"
import { type Client, clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { appCode, enrolApp, STEP_MS, stepUp } from "../kit/factors.ts"
import { addPerson, addProgram, logIn, PASSWORD, type Person } from "../kit/people.ts"
import { createSecret, REASON } from "../kit/secrets.ts"
import { sendSigned } from "../kit/sign-aws.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { runPast } from "../kit/tamper.ts"

const DAY_MS = 86_400_000
const PATH = "/api/access-keys"
const NAME = "config/keyed"

const clock = movableClock()
let stage: Stage<"dev">

before(async () => {
  stage = await openStage({ dev: ["developer"] }, { clock })
  await createSecret(stage.admin, NAME, "value")
  await createSecret(stage.admin, "config/other", "value")
})
after(() => stage.close())

let made = 0
const newcomer = (): Promise<Person> => addPerson(stage.admin, `person-${made++}`, ["developer"])
const ask = (client: Client, more: object = {}, headers = {}) =>
  client.post<IssuedAccessKey & Problem>(PATH, { reason: KEY_REASON, password: PASSWORD, ...more }, headers)

/** Whether a key reads: the code of its refusal, or `reads`. */
async function works(key: IssuedAccessKey, name = NAME): Promise<string> {
  const { port } = stage.server
  const body = JSON.stringify({ SecretId: name })
  const answer = await sendSigned(port, { key, host: `127.0.0.1:${port}`, now: clock.now(), body })
  return answer.status === 200 ? "reads" : answer.code
}

const GONE = "UnrecognizedClientException"

test("a key is shown once, told where to use, listed without its secret, and on record", async () => {
  const { client, id } = await newcomer()
  const before = clock.now()
  const key = await accessKey(client, { label: "laptop" })
  assert.match(key.accessKeyId, /^TYAK[A-Z2-7]{16}$/)
  assert.deepEqual([key.region, key.endpointUrl], ["us-east-1", stage.server.publicUrl])
  assert.equal(Math.floor((Date.parse(key.expiresAt) - before) / DAY_MS), 90)
  assert.equal(await works(key), "reads")
  const listed = await client.get<AccessKeysAnswer>(PATH)
  assert.deepEqual(listed.body.accessKeys, [
    {
      accessKeyId: key.accessKeyId,
      label: "laptop",
      reason: KEY_REASON,
      scope: null,
      createdAt: listed.body.accessKeys[0]?.createdAt,
      expiresAt: key.expiresAt,
    } as AccessKeyItem,
  ])
  const sessions = (await client.get<SessionsAnswer>("/api/sessions")).body.sessions
  assert.deepEqual(sessions.map(({ kind }) => kind).toSorted(), ["access_key", "session"])
  const [entry] = await entriesOf(stage.admin, { action: "ACCESS_KEY_ISSUE", user: id })
  assert.equal(entry?.reason, KEY_REASON)
  assert.equal(entry?.details, `key=${key.accessKeyId} expires=${key.expiresAt}`)
  const everything = JSON.stringify([listed.body, sessions, await entriesOf(stage.admin)])
  assert.ok(!everything.includes(key.secretAccessKey))
  const data = await client.get(`/api/users/${id}/data`)
  assert.ok(data.text.includes(key.accessKeyId) && data.text.includes(KEY_REASON))
  assert.ok(!data.text.includes(key.secretAccessKey))
})

test("five are valid at once, whoever asks at the same time; one revoked makes room", async () => {
  const { client } = await newcomer()
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask(client)))
  const issued = answers.filter(({ status }) => status === 201)
  assert.equal(issued.length, ACCESS_KEYS_MAX)
  for (const { status, body } of answers.filter((one) => one.status !== 201))
    assert.deepEqual([status, body.code], [409, "too_many_tokens"])
  const [first, ...others] = issued.map(({ body }) => body)
  assert.equal((await client.delete(`${PATH}/${first?.accessKeyId}`)).status, 200)
  assert.equal(await works(first as IssuedAccessKey), GONE)
  for (const other of others) assert.equal(await works(other), "reads", "the others go on")
  assert.equal((await ask(client)).status, 201)
  assert.equal((await ask(client)).status, 409)
})

test("a stolen session makes no key: it takes the password, or a factor where there is one", async () => {
  const { client } = await newcomer()
  const bare = await client.post<Problem>(PATH, { reason: KEY_REASON })
  assert.deepEqual([bare.status, bare.body["field"]], [400, "/password"])
  assert.deepEqual([(await ask(client, { password: "not the password at all" })).body.code], ["forbidden"])
  const app = await enrolApp(client, clock.now())
  const { status, body } = await ask(client)
  assert.deepEqual(
    [status, body.code, body["verb"]],
    [403, "verification_required", "govern"],
    "the password is not enough",
  )
  clock.advance(STEP_MS)
  const shown = await stepUp(client, "govern", [], { code: appCode(app.seed, clock.now()) })
  assert.equal((await ask(client, { password: undefined }, shown)).status, 201)
  assert.equal((await ask(client, { password: undefined }, shown)).body.code, "verification_required", "good once")
})

test("it ends with a change of password, role or factor, with the session list, and with its owner", async () => {
  const ends: [string, (one: Person, key: IssuedAccessKey) => Promise<{ status: number; text: string }>][] = [
    [
      "password",
      ({ client }) =>
        client.post("/api/me/password", { currentPassword: PASSWORD, newPassword: "other unrelated harbour words" }),
    ],
    ["roles", ({ id }) => stage.admin.patch(`/api/users/${id}`, { roles: ["hr"] })],
    ["disabled", ({ id }) => stage.admin.patch(`/api/users/${id}`, { disabled: true })],
    ["factor", async ({ client }) => (await enrolApp(client, clock.now()), { status: 200, text: "" })],
    ["session list", ({ client }, key) => client.delete(`/api/sessions/${key.accessKeyId}`)],
    ["an admin's list", ({ id }, key) => stage.admin.delete(`/api/users/${id}/sessions/${key.accessKeyId}`)],
    ["an admin", (_one, key) => stage.admin.delete(`${PATH}/${key.accessKeyId}`)],
  ]
  for (const [how, end] of ends) {
    const one = await newcomer()
    const key = await accessKey(one.client)
    assert.equal(await works(key), "reads", how)
    const ended = await end(one, key)
    assert.equal(ended.status, 200, `${how} ${ended.text}`)
    assert.equal(await works(key), GONE, how)
  }
})

test("another's key is not found, neither to see nor to revoke", async () => {
  const [one, other] = [await newcomer(), await newcomer()]
  const key = await accessKey(one.client)
  for (const id of [key.accessKeyId, "TYAKAAAAAAAAAAAAAAAA", "x", one.id]) {
    const { status, body } = await other.client.delete<Problem>(`${PATH}/${id}`)
    assert.deepEqual([status, body.code], [404, "not_found"], id)
  }
  assert.deepEqual((await other.client.get<AccessKeysAnswer>(PATH)).body.accessKeys, [])
  assert.equal((await other.client.get(`${PATH}?principalId=${one.id}`)).status, 403)
  const listed = await stage.admin.get<AccessKeysAnswer>(`${PATH}?principalId=${one.id}`)
  assert.deepEqual(
    listed.body.accessKeys.map(({ accessKeyId }) => accessKeyId),
    [key.accessKeyId],
  )
  assert.equal((await stage.admin.get(`${PATH}?principalId=nobody`)).status, 404)
  assert.equal(await works(key), "reads")
})

test("a key is no token, and a token signs nothing", async () => {
  const { client } = await newcomer()
  const key = await accessKey(client)
  for (const token of [key.accessKeyId, key.secretAccessKey, `${key.accessKeyId}:${key.secretAccessKey}`])
    assert.equal((await clientOf(stage.server.url, token).get("/api/me")).status, 401)
  const token = client.token ?? ""
  assert.equal(await works({ ...key, accessKeyId: token.replaceAll("-", "_"), secretAccessKey: token }), GONE)
})

test("a scope limits a key as it does a token", async () => {
  const { client } = await newcomer()
  const key = await accessKey(client, { scope: { secrets: [NAME], verbs: ["read", "reveal"] } })
  assert.equal(await works(key), "reads")
  assert.equal(await works(key, "config/other"), "AccessDeniedException")
})

test("a program's keys are an admin's to issue, and end with the program's owner", async () => {
  const owner = await newcomer()
  const robot = await addProgram(stage.admin, "robot", ["developer"])
  const given = await stage.admin.patch(`/api/service-accounts/${robot.id}`, { ownerId: owner.id, reason: REASON })
  assert.equal(given.status, 200, given.text)
  assert.equal((await ask(owner.client, { serviceAccountId: robot.id })).body.code, "forbidden")
  assert.equal((await robot.client.post<Problem>(PATH, { reason: KEY_REASON })).body.code, "forbidden")
  assert.equal((await ask(stage.admin, { serviceAccountId: owner.id })).status, 404)
  const key = await accessKey(stage.admin, { serviceAccountId: robot.id })
  assert.equal(await works(key), "reads")
  assert.equal((await robot.client.get("/api/me")).status, 200, "its token stays")
  const own = await robot.client.get<AccessKeysAnswer>(PATH)
  assert.equal(own.body.accessKeys.length, 1)
  await stage.admin.patch(`/api/users/${owner.id}`, { disabled: true })
  assert.equal(await works(key), GONE)
  assert.equal((await ask(stage.admin, { serviceAccountId: robot.id })).body.code, "owner_disabled")
})

test("labels and reasons are bounded, odd bodies are refused", async () => {
  const { client } = await newcomer()
  for (const label of ["", "x".repeat(65), 7, "a\u0000b"])
    assert.equal((await ask(client, { label })).status, 400, JSON.stringify(label))
  for (const reason of ["short", 7, "x".repeat(1001)]) assert.equal((await ask(client, { reason })).status, 400)
  for (const more of [{ unknown: 1 }, { serviceAccountId: "" }, { scope: {} }, { scope: { secrets: [], verbs: [] } }])
    assert.equal((await ask(client, more)).status, 400, JSON.stringify(more))
  for (const label of ["x", "x".repeat(64), "Läptop ✓"]) assert.equal((await ask(client, { label })).status, 201)
})

test("a row changed past the service grants nothing", async () => {
  const changes = [
    "UPDATE credential SET expires_at = expires_at, label = 'mine' WHERE id = ?1",
    "UPDATE credential SET standing_reason = 'Because I say so, indeed' WHERE id = ?1",
    "UPDATE credential SET scope = NULL WHERE id = ?1",
  ]
  for (const sql of changes) {
    const { client } = await newcomer()
    const key = await accessKey(client, { scope: { secrets: [NAME], verbs: ["read", "reveal"] } })
    await runPast(stage.server.folder, sql, key.accessKeyId)
    assert.equal(await works(key), GONE, sql)
  }
})

test("one key's sealed half does not open for another", async () => {
  const [one, other] = [await newcomer(), await newcomer()]
  const [mine, theirs] = [await accessKey(one.client), await accessKey(other.client)]
  await runPast(
    stage.server.folder,
    "UPDATE credential SET sealed_key = (SELECT sealed_key FROM credential WHERE id = ?1) WHERE id = ?2",
    mine.accessKeyId,
    theirs.accessKeyId,
  )
  assert.equal(await works({ ...theirs, secretAccessKey: mine.secretAccessKey }), GONE)
  assert.equal(await works(mine), "reads")
})

test("it lives 1 to 365 days, and not a moment longer", async () => {
  const { client } = await newcomer()
  for (const expiresInDays of [0, 366, 1.5, "90", null]) {
    const answer = await ask(client, { expiresInDays })
    assert.deepEqual([answer.status, answer.body["field"]], [400, "/expiresInDays"])
  }
  const short = await accessKey(client, { expiresInDays: 1 })
  await accessKey(client, { expiresInDays: 364 })
  await accessKey(client, { expiresInDays: 365 })
  assert.equal(await works(short), "reads")
  clock.goTo(new Date(Date.parse(short.expiresAt) - 1000).toISOString())
  assert.equal(await works(short), "reads")
  clock.goTo(short.expiresAt)
  assert.equal(await works(short), GONE)
  // Every session has ended by now.
  const again = await logIn(stage.server.url, `person-${made - 1}`)
  assert.equal((await again.get<AccessKeysAnswer>(PATH)).body.accessKeys.length, 2)
})
