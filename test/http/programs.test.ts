import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { IssuedToken, ServiceAccountItem, ServiceAccountsAnswer } from "../../src/api/users.ts"
import type { ListAnswer } from "../../src/api/secrets.ts"
import { MATRIX, type Row } from "../../src/http/matrix.ts"
import { OWNED_MAX } from "../../src/operations/owner.ts"
import { entriesOf } from "../kit/audit.ts"
import { type Client, clientOf, type Problem } from "../kit/client.ts"
import { movableClock } from "../kit/clock.ts"
import { addPerson, addProgram, logIn, type Program } from "../kit/people.ts"
import { createSecret, read, REASON, secretPath } from "../kit/secrets.ts"
import { openStage, type Stage } from "../kit/stage.ts"
import { runPast } from "../kit/tamper.ts"

const DAY_MS = 86_400_000
const PATH = "/api/service-accounts"
const NAME = "config/plain"

const clock = movableClock()
let stage: Stage<"dev">

before(async () => {
  stage = await openStage({ dev: ["developer"] }, { clock })
  for (const name of [NAME, "config/other", "api-keys/plain"]) await createSecret(stage.admin, name, "value")
})
after(() => stage.close())

let made = 0
const newProgram = (more: object = {}, admin: Client = stage.admin) =>
  admin.post<IssuedToken & Problem>(PATH, { name: `job-${made++}`, roles: ["developer"], reason: REASON, ...more })

async function program(more: object = {}): Promise<Program> {
  const answer = await newProgram(more)
  assert.equal(answer.status, 201, answer.text)
  const { id, tokenId, token } = answer.body
  return { id, tokenId, client: clientOf(stage.admin.url, token) }
}

const issue = (id: string, more: object = {}) =>
  stage.admin.post<IssuedToken & Problem>(`${PATH}/${id}/tokens`, { reason: REASON, ...more })

async function listed(id: string): Promise<ServiceAccountItem> {
  const all: ServiceAccountItem[] = []
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: ServiceAccountsAnswer = (await stage.admin.get<ServiceAccountsAnswer>(PATH + cursor)).body
    all.push(...page.serviceAccounts)
    cursor = page.nextCursor === null ? null : `?cursor=${page.nextCursor}`
  }
  return all.find((one) => one.id === id) as ServiceAccountItem
}

test("a token is good for 90 days unless said otherwise, and for 365 at most", async () => {
  const days = async (more: object): Promise<number> => {
    const before = clock.now()
    const { body, status, text } = await newProgram(more)
    assert.equal(status, 201, text)
    return Math.floor((Date.parse(body.expiresAt) - before) / DAY_MS)
  }
  assert.equal(await days({}), 90)
  for (const expiresInDays of [1, 364, 365]) assert.equal(await days({ expiresInDays }), expiresInDays)
  const account = await program()
  for (const expiresInDays of [0, 366, 1.5, "90"]) {
    for (const answer of [await newProgram({ expiresInDays }), await issue(account.id, { expiresInDays })]) {
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.body["field"], "/expiresInDays")
    }
  }
})

test("two tokens are valid at once; a third needs one to be revoked or to run out", async () => {
  const account = await program({ expiresInDays: 2 })
  const second = await issue(account.id, { expiresInDays: 30 })
  assert.equal(second.status, 201, second.text)
  const third = await issue(account.id)
  assert.deepEqual([third.status, third.body.code], [409, "too_many_tokens"])
  assert.equal((await stage.admin.delete(`${PATH}/${account.id}/tokens/${second.body.tokenId}`)).status, 200)
  assert.equal((await issue(account.id, { expiresInDays: 30 })).status, 201)
  assert.equal((await issue(account.id)).status, 409)
  const other = await program()
  assert.equal((await issue(other.id)).status, 201, "each account has its own two")
})

test("asked for many at once, two are issued in all", async () => {
  const account = await program()
  const answers = await Promise.all(Array.from({ length: 20 }, () => issue(account.id)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.ok(answers.every(({ status, body }) => status === 201 || body.code === "too_many_tokens"))
  assert.equal((await listed(account.id)).tokens.length, 2)
})

test("a read without a reason takes the standing one; an own reason wins; a person must give one", async () => {
  const standing = "Renders the invoices of the night"
  const { client, id } = await program({ reason: standing })
  const bare = await client.post(secretPath(NAME, "access"), {})
  assert.equal(bare.status, 200, bare.text)
  assert.equal((await client.post(secretPath(NAME, "access"), { reason: "An invoice was wrong" })).status, 200)
  assert.equal((await client.post("/api/secrets/access", { names: [NAME, "database/none"] })).status, 200)
  assert.equal((await client.post(secretPath("database/none", "access"), {})).status, 403)
  assert.equal((await client.post(secretPath(NAME, "access"), { reason: "short" })).status, 400)
  const entries = (await entriesOf(stage.admin, { user: id })).filter(({ action }) => action === "GET")
  assert.deepEqual(
    entries.map(({ result, reason }) => [result, reason]),
    [
      ["SUCCESS", standing],
      ["SUCCESS", "An invoice was wrong"],
      ["SUCCESS", standing],
      ["DENIED", standing],
      ["DENIED", standing],
      ["DENIED", null],
    ],
  )
  for (const [path, body] of [
    [secretPath(NAME, "access"), {}],
    ["/api/secrets/access", { names: [NAME] }],
  ] as const) {
    const person = await stage.people.dev.client.post(path, body)
    assert.deepEqual(
      [person.status, person.body["error"], person.body["field"]],
      [400, "reason is required", "/reason"],
    )
  }
})

test("a new standing reason or owner leaves the tokens as they are", async () => {
  const account = await program()
  const owner = await addPerson(stage.admin, "owner-to-be", [])
  assert.equal((await account.client.get("/api/me")).status, 200)
  const patch = { standingReason: "Renders the invoices of the day", ownerId: owner.id, reason: REASON }
  const changed = await stage.admin.patch<ServiceAccountItem>(`${PATH}/${account.id}`, patch)
  assert.equal(changed.status, 200, changed.text)
  assert.deepEqual([changed.body.ownerId, changed.body.standingReason], [owner.id, patch.standingReason])
  assert.equal((await account.client.post(secretPath(NAME, "access"), {})).status, 200)
  const [entry] = (await entriesOf(stage.admin, { user: account.id, action: "GET" })).toReversed()
  assert.equal(entry?.reason, patch.standingReason)
  const [change] = (await entriesOf(stage.admin, { action: "SERVICE_ACCOUNT_CHANGE" })).toReversed()
  assert.match(change?.details ?? "", new RegExp(`^owner=[^ ]+:${owner.id} standing_reason=changed$`))
  for (const [body, code] of [
    [{ reason: REASON }, "invalid_request"],
    [{ standingReason: "short", reason: REASON }, "invalid_reason"],
    [{ ownerId: "nobody", reason: REASON }, "invalid_request"],
  ] as const)
    assert.equal((await stage.admin.patch(`${PATH}/${account.id}`, body)).body["code"], code)
  assert.equal((await stage.admin.patch(`${PATH}/${owner.id}`, patch)).status, 404, "a person is no service account")
})

test("an owner is a person, there and enabled; who creates is the owner if nobody is named", async () => {
  const gone = await addPerson(stage.admin, "gone-owner", [])
  assert.equal((await stage.admin.patch(`/api/users/${gone.id}`, { disabled: true })).status, 200)
  const account = await program({ roles: ["admin"] })
  const { id } = (await stage.admin.get("/api/me")).body
  assert.equal((await listed(account.id)).ownerId, id)
  for (const ownerId of ["nobody", gone.id, account.id]) {
    const answer = await newProgram({ ownerId })
    assert.deepEqual([answer.status, answer.body["field"]], [400, "/ownerId"], ownerId)
  }
  const byProgram = await newProgram({}, account.client)
  assert.deepEqual([byProgram.status, byProgram.body["field"]], [400, "/ownerId"], "a program owns nothing")
  assert.equal((await newProgram({ ownerId: stage.people.dev.id }, account.client)).status, 201)
})

test("disabling the owner kills the tokens at once; enabling revives none", async () => {
  const owner = await addPerson(stage.admin, "short-lived", [])
  const [first, second] = [await program({ ownerId: owner.id }), await program({ ownerId: owner.id })]
  const bystander = await program()
  for (const { client } of [first, second, bystander]) assert.equal((await read(client, NAME)).status, 200)
  const set = async (disabled: boolean) => {
    const answer = await stage.admin.patch(`/api/users/${owner.id}`, { disabled })
    assert.equal(answer.status, 200, answer.text)
  }
  await set(true)
  for (const { client } of [first, second]) assert.equal((await read(client, NAME)).status, 401)
  assert.equal((await read(bystander.client, NAME)).status, 200)
  const early = await issue(first.id)
  assert.deepEqual([early.status, early.body.code], [409, "owner_disabled"])
  await set(false)
  for (const { client, id } of [first, second]) {
    assert.equal((await read(client, NAME)).status, 401)
    assert.deepEqual((await listed(id)).tokens, [])
  }
  const anew = await issue(first.id)
  assert.equal((await read(clientOf(stage.admin.url, anew.body.token), NAME)).status, 200)
  await set(true)
  const patch = { ownerId: stage.people.dev.id, reason: REASON }
  assert.equal((await stage.admin.patch(`${PATH}/${first.id}`, patch)).status, 200)
  assert.equal((await issue(first.id)).status, 201, "another owner stands for it")
})

test("an owner who loses a role keeps his programs", async () => {
  const owner = await addPerson(stage.admin, "demoted", ["admin"])
  const account = await program({ ownerId: owner.id })
  assert.equal((await stage.admin.patch(`/api/users/${owner.id}`, { roles: [] })).status, 200)
  assert.equal((await read(account.client, NAME)).status, 200)
})

test("a program whose row was tampered with does not keep its owner from being disabled, nor comes back", async () => {
  const owner = await addPerson(stage.admin, "owner-of-odd", [])
  const odd = await program({ ownerId: owner.id })
  await runPast(stage.server.folder, "UPDATE principal SET standing_reason = 'none of it' WHERE id = ?1", odd.id)
  assert.equal((await stage.admin.patch(`/api/users/${owner.id}`, { disabled: true })).status, 200)
  assert.equal((await read(odd.client, NAME)).status, 401)
  const answer = await issue(odd.id)
  assert.deepEqual([answer.status, answer.body.code], [503, "row_tampered"])
})

test(`one person owns ${OWNED_MAX} service accounts at most`, async () => {
  const owner = await addPerson(stage.admin, "collector", [])
  for (let at = 0; at < OWNED_MAX; at++) await program({ ownerId: owner.id })
  const above = await newProgram({ ownerId: owner.id })
  assert.deepEqual([above.status, above.body.code], [409, "too_many_owned"])
  const foreign = await program()
  const given = await stage.admin.patch(`${PATH}/${foreign.id}`, { ownerId: owner.id, reason: REASON })
  assert.deepEqual([given.status, given.body["code"]], [409, "too_many_owned"])
  assert.equal((await stage.admin.patch(`/api/users/${owner.id}`, { disabled: true })).status, 200)
})

const SCOPE = { secrets: ["config/plain"], verbs: ["list", "read"] }

test("a scope takes away, verb by verb and name by name, and never adds", async () => {
  const { client, id } = await program({ scope: SCOPE })
  assert.deepEqual((await listed(id)).tokens[0]?.scope, SCOPE)
  assert.equal((await read(client, NAME, { unmask: false })).status, 200)
  assert.equal((await client.get(secretPath(NAME, "metadata"))).status, 200)
  const refused: readonly (readonly [string, string, object?])[] = [
    ["POST", secretPath(NAME, "access"), { reason: REASON, unmask: true }],
    ["POST", secretPath("config/other", "access"), { reason: REASON }],
    ["POST", secretPath("config/missing", "access"), { reason: REASON }],
    ["GET", secretPath("config/other", "metadata")],
    ["PUT", secretPath(NAME), { value: "x", reason: REASON }],
    ["PATCH", secretPath(NAME), { description: "x", reason: REASON }],
    ["POST", secretPath(NAME, "rotate"), { reason: REASON }],
    ["GET", secretPath(NAME, "audit")],
    ["POST", "/api/secrets", { name: "config/made", value: "x" }],
  ]
  for (const [method, path, body] of refused) {
    const answer = await client.send<Problem>(method, path, body)
    assert.deepEqual([answer.status, answer.body.code], [403, "forbidden"], `${method} ${path}: ${answer.text}`)
    const [reason] = answer.body["reasons"] as { rule: string; says: string }[]
    assert.deepEqual([reason?.rule, reason?.says], ["built-in", "this token is limited to other secrets or verbs"])
  }
  const { secrets } = (await client.get<ListAnswer>("/api/secrets")).body
  assert.deepEqual(
    secrets.map(({ name }) => name),
    [NAME],
  )
  const wider = await program({ roles: [], scope: { secrets: ["*"], verbs: ["list", "read", "reveal"] } })
  assert.equal((await read(wider.client, NAME)).status, 403, "without the role a scope is nothing")
  const unlisted = await program({ scope: { secrets: ["config/*"], verbs: ["read"] } })
  assert.deepEqual((await unlisted.client.get<ListAnswer>("/api/secrets")).body.secrets, [])
})

test("an admin's token with a scope administers nothing", async () => {
  const admin = await program({ roles: ["admin", "auditor"], scope: { secrets: ["*"], verbs: ["list", "read"] } })
  for (const [route, row] of Object.entries<Row>(MATRIX)) {
    if (row.auth !== "session" || row.scoped === true) continue
    const [method = "", path = ""] = route.replace(/:\w+/g, "some-id").split(" ")
    const answer = await admin.client.send<Problem>(method, path, method === "GET" ? undefined : {})
    assert.deepEqual([answer.status, answer.body.code], [403, "forbidden"], route)
    clock.advance(2000)
  }
  assert.equal((await admin.client.get("/api/me")).status, 200)
})

test("scopes: 1 to 20 patterns that can match, known verbs", async () => {
  const patterns = (count: number) => Array.from({ length: count }, (_, at) => `config/one-${at}`)
  for (const count of [1, 19, 20]) await program({ scope: { ...SCOPE, secrets: patterns(count) } })
  const bad: readonly object[] = [
    { ...SCOPE, secrets: patterns(21) },
    { ...SCOPE, secrets: [] },
    { ...SCOPE, secrets: ["**"] },
    { ...SCOPE, secrets: ["con*"] },
    { ...SCOPE, secrets: ["config/", NAME] },
    { ...SCOPE, secrets: [NAME, NAME] },
    { ...SCOPE, verbs: [] },
    { ...SCOPE, verbs: ["admin"] },
    { ...SCOPE, verbs: ["read", "read"] },
    { secrets: [NAME] },
    { verbs: ["read"] },
    { ...SCOPE, more: true },
  ]
  const account = await program()
  for (const scope of bad) {
    assert.equal((await newProgram({ scope })).status, 400, JSON.stringify(scope))
    assert.equal((await issue(account.id, { scope })).status, 400, JSON.stringify(scope))
  }
})

test("a scope that somebody widens in the database, or takes away, is worth nothing", async () => {
  for (const scope of [null, JSON.stringify({ secrets: ["*"], verbs: ["read", "reveal"] })]) {
    const { client, tokenId } = await program({ scope: SCOPE })
    await runPast(stage.server.folder, "UPDATE credential SET scope = ?1 WHERE id = ?2", scope, tokenId)
    assert.equal((await read(client, NAME)).status, 401)
  }
})

test("an expired token makes room for another", async () => {
  const account = await program({ expiresInDays: 1 })
  assert.equal((await issue(account.id, { expiresInDays: 1 })).status, 201)
  clock.advance(DAY_MS + 1000)
  const admin = await logIn(stage.server.url, "ada")
  const answer = await admin.post(`${PATH}/${account.id}/tokens`, { reason: REASON })
  assert.equal(answer.status, 201, answer.text)
  assert.equal((await addProgram(admin, "last", ["developer"])).id.length, 36)
})
