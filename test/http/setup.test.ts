import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, test } from "node:test"
import { entriesOf } from "../kit/audit.ts"
import type { Problem } from "../kit/client.ts"
import { logIn, PASSWORD, setUpAdmin } from "../kit/people.ts"
import { startServer, temporaryFolder, type TestServer } from "../kit/server.ts"

async function fresh(folder?: string): Promise<TestServer> {
  const server = await startServer(folder === undefined ? {} : { folder })
  after(() => server.close())
  return server
}

function setUp(server: TestServer, body: object) {
  const usual = { token: server.setupToken, username: "ada", password: PASSWORD }
  return server.anonymous.post<Problem>("/api/setup", { ...usual, ...body })
}

test("the setup token works once, also when the same request is sent again", async () => {
  const server = await fresh()
  assert.match(server.setupToken ?? "", /^[A-Za-z0-9_-]{43}$/)
  assert.equal((await setUp(server, {})).status, 201)
  for (const username of ["ada", "eve"]) {
    const again = await setUp(server, { username })
    assert.equal(again.status, 409)
    assert.equal(again.body.code, "setup_done")
  }
  const people = await (await logIn(server.url, "ada")).get<{ users: object[] }>("/api/users")
  assert.equal(people.body.users.length, 1)
})

test("of 100 setups at the same time exactly one makes an admin", async () => {
  const server = await fresh()
  const names = Array.from({ length: 100 }, (_, at) => `admin${at}`)
  const answers = await Promise.all(names.map((username) => setUp(server, { username })))
  const statuses = answers.map(({ status }) => status)
  assert.ok(statuses.every((status) => status === 201 || status === 409))
  assert.equal(statuses.filter((status) => status === 201).length, 1)
  const admin = await logIn(server.url, names[statuses.indexOf(201)] ?? "")
  assert.equal((await admin.get<{ users: object[] }>("/api/users")).body.users.length, 1)
  const made = await entriesOf(admin, { action: "SETUP", result: "SUCCESS" })
  assert.equal(made.length, 1)
})

test("a wrong token makes nobody, closes nothing and is in the log", async () => {
  const server = await fresh()
  const right = server.setupToken ?? ""
  const other = right.endsWith("A") ? "B" : "A"
  for (const token of [`${right.slice(0, -1)}${other}`, right.slice(0, -1), `${right}A`, right.toLowerCase(), "x"]) {
    const { status, body, headers } = await setUp(server, { token })
    assert.equal(status, 401, token)
    assert.equal(body.code, "unauthenticated")
    assert.equal(headers.get("www-authenticate"), "Bearer")
  }
  const admin = await setUpAdmin(server)
  const refused = await entriesOf(admin, { action: "SETUP", result: "DENIED" })
  assert.equal(refused.length, 5)
})

test("a name or password that will not do uses nothing up", async () => {
  const server = await fresh()
  for (const username of ["Ada", " ada", "ada ", "ad a", "аda", "ada\u0000", "-ada", ""]) {
    assert.equal((await setUp(server, { username })).status, 400, JSON.stringify(username))
  }
  for (const password of ["short", "x".repeat(129), "aaaaaaaaaaaaaaaaaaaa", "correct horse"]) {
    assert.equal((await setUp(server, { password })).status, 400, password)
  }
  for (const odd of [{ admin: true }, { roles: ["admin"] }, { token: null }, { token: [server.setupToken] }]) {
    assert.equal((await setUp(server, odd)).status, 400, JSON.stringify(odd))
  }
  assert.equal((await setUp(server, {})).status, 201)
})

test("once there is an admin, a new start prints no token", async () => {
  const folder = temporaryFolder()
  after(() => rmSync(folder, { recursive: true, force: true }))
  const first = await fresh(folder)
  await first.close()
  const second = await fresh(folder)
  assert.ok(second.setupToken !== null && second.setupToken !== first.setupToken, "each start has its own")
  assert.equal((await setUp(second, { token: first.setupToken })).status, 401)
  await setUpAdmin(second)
  await second.close()
  const third = await fresh(folder)
  assert.equal(third.setupToken, null)
  assert.equal((await setUp(third, { token: second.setupToken })).status, 409)
})
